/** After the misfortune: callbacks come, banks finish, time passes, and the jobs run until nothing is left to do. */
import { endRefund } from "../../sandbox/buyer.ts";
import { isFinal, type Refund } from "../../sandbox/trade.ts";
import { BrokenPromise } from "../simulation/ledger.ts";
import type { World } from "./world.ts";

const MOST_ROUNDS = 50;
const MINUTE = 60_000;

/** At first the jobs run when something is due; what takes days takes fewer runs. */
const leastWait = (round: number) => Math.min(2 ** (round - 1) * MINUTE, 12 * 60 * MINUTE);

/** `isHeard` says whether the callbacks about a trade get through. Throws BrokenPromise when the jobs never come to an end. */
export async function recover(world: World, isHeard: (outTradeNo: string) => boolean): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    await runOnce(world, isHeard);
    const due = await nextDue(world);
    if (due === undefined) return;
    await world.pass(Math.max(due - world.clock.now(), leastWait(round)));
  }
  const left = await world.mysql.ask(LEFT);
  throw new BrokenPromise(`after ${MOST_ROUNDS} runs of the jobs these are still due: ${JSON.stringify(left)}`);
}

/** Everything that can be heard is told once, and the jobs run once. */
export async function runOnce(world: World, isHeard: (outTradeNo: string) => boolean): Promise<void> {
  endRefunds(world);
  const due = world.providers.act(({ deliveries }) => deliveries.due({ early: true }));
  for (const delivery of due) if (isHeard(delivery.notice.outTradeNo)) await world.deliver(delivery);
  await world.jobs();
}

/** The banks bring to an end what is on its way. */
function endRefunds({ providers }: World): void {
  providers.act((world) => {
    for (const trade of world.books.trades()) {
      const stuck = trade.refunds.filter((refund) => !isFinal(refund) && !isTimed(refund));
      for (const refund of stuck) endRefund(world, trade, refund, "SUCCESS");
    }
  });
}

/** WeChat Pay ends a refund under way by itself. */
const isTimed = ({ provider, status }: Refund) => provider === "wechat" && status === "PROCESSING";

const DUE = ["orders", "payment_transactions", "refund_records", "points_accounts"]
  .map((table) => `select min(next_check_at) as due from ${table}`)
  .join(" union all ");

const LEFT = `
  select id, state from orders where next_check_at is not null
  union all select out_trade_no, state from payment_transactions where next_check_at is not null
  union all select id, state from refund_records where next_check_at is not null
  union all select user_id, 'points' from points_accounts where next_check_at is not null limit 5`;

async function nextDue({ mysql }: World): Promise<number | undefined> {
  const [row] = await mysql.ask(`select min(due) as due from (${DUE}) as work`);
  return row?.due instanceof Date ? row.due.getTime() : undefined;
}
