/** Plays a story while a database loses answers, and looks at what is left of it in the end. */
import { and, eq, inArray, isNull, ne, or } from "drizzle-orm";
import { expect } from "vitest";
import { DatabaseUnavailable } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { PayError } from "../../../src/errors.ts";
import { runJobs } from "../../../src/jobs/run.ts";
import { synchroniseRefunds } from "../../../src/jobs/synchronise.ts";
import { getBalance } from "../../../src/payments/points/account.ts";
import { catchUp, letPass, startAfresh } from "./afresh.ts";
import { expectBooksInOrder } from "./books.ts";
import { clearFaults, deliverEverything, providerTrades, roundTrips, setFaults } from "./controls.ts";
import { openShop, type Shop, stockOf, unique } from "./shop.ts";
import type { Cast, Story } from "./story.ts";

interface Loss {
  readonly when: "before" | "after";
  readonly how: "drop" | "503";
  /** How many round trips in a row: one is made up for unnoticed, after two the operation gives up. */
  readonly times: 1 | 2;
}

interface Ending {
  /** Whether the operation had come to an end before its fault was due. */
  readonly spared: boolean;
  readonly picture: Awaited<ReturnType<typeof pictureOf>>;
}

/** Plays a story with a fault at its n-th round trip (none without a loss), lets the caller repeat it, and looks. */
async function play(story: Story, n: number, loss?: Loss): Promise<Ending> {
  await startAfresh();
  const requestId = unique("request");
  const shop = openShop({ requestId });
  const { cast, act } = await story.stage(openShop());
  catchUp(shop);
  if (loss) {
    const { when, how } = loss;
    await setFaults({ fail: Array.from({ length: loss.times }, (_, index) => ({ at: n + index, when, how })) });
  }
  const [first] = await Promise.allSettled([act(shop)]);
  await shop.idle();
  const trips = await roundTrips(requestId, `${requestId}/later`);
  await clearFaults();
  if (first.status === "rejected") expectCleanFailure(first.reason, loss);
  await repeat(shop, act);
  await settleDown(shop);
  await expectBooksInOrder(shop, { orderIds: await orderIdsOf(shop, cast), skus: cast.skus, users: [cast.userId] });
  return { spared: trips < n, picture: await pictureOf(shop, cast) };
}

/** One lost answer is made up for; more are an error that says so, not a fault of ours. */
function expectCleanFailure(reason: unknown, loss: Loss | undefined): void {
  expect(loss?.times).toBe(2);
  const clean =
    reason instanceof DatabaseUnavailable ||
    (reason instanceof PayError && reason.code === "PROVIDER_SILENT") ||
    (reason instanceof Error && reason.message === "the provider comes again");
  expect(clean ? "clean" : reason).toBe("clean");
}

/** As a caller does who got no answer: the same again, later when told so. */
async function repeat(shop: Shop, act: (shop: Shop) => Promise<unknown>): Promise<void> {
  for (;;) {
    const [again] = await Promise.allSettled([act(shop)]);
    await shop.idle();
    if (again.status === "fulfilled") return;
    const code = again.reason instanceof PayError ? again.reason.code : undefined;
    if (code !== "REQUEST_IN_PROGRESS") throw again.reason;
    await letPass(shop, again.reason.details.retryAfter + 1);
  }
}

/** Time enough for what was left undone, and for a refund sent only then to be carried out; not for an order to expire. */
async function settleDown(shop: Shop): Promise<void> {
  await letPass(shop, 6 * 60);
  await runJobs(shop.ctx);
  await deliverEverything(shop);
  const refunds = (await providerTrades()).flatMap((trade) => trade.refunds);
  if (refunds.every((refund) => refund.status === "SUCCESS")) return;
  await letPass(shop, 60);
  await synchroniseRefunds(shop.ctx, 50);
}

async function orderIdsOf(shop: Shop, { userId }: Cast): Promise<string[]> {
  const rows = await shop.db.select({ id: orders.id }).from(orders).where(eq(orders.userId, userId));
  return rows.map((row) => row.id);
}

/** What there is to see of a customer's affairs, without numbers and times. */
export async function pictureOf(shop: Shop, cast: Cast) {
  const ids = await orderIdsOf(shop, cast);
  const notGivenUp = or(isNull(orders.closeReason), ne(orders.closeReason, "DRAFT_ABANDONED"));
  const [theirOrders, attempts, refunds, trades, stock, balance] = await Promise.all([
    shop.db
      .select()
      .from(orders)
      .where(and(eq(orders.userId, cast.userId), notGivenUp)),
    shop.db.select().from(paymentTransactions).where(inArray(paymentTransactions.orderId, ids)),
    shop.db.select().from(refundRecords).where(inArray(refundRecords.orderId, ids)),
    providerTrades(),
    Promise.all(cast.skus.map((sku) => stockOf(shop, sku))),
    getBalance(shop.ctx, cast.userId),
  ]);
  return {
    orders: theirOrders
      .map((o) => [o.state, o.closeReason, o.closingAt !== null, o.amount, o.refunding, o.refunded])
      .sort(),
    attempts: attempts
      .map((a) => [...[a.method, a.state, a.disposition, a.received, a.refunding, a.refunded], a.refundParts])
      .sort(),
    refunds: refunds.map((r) => [r.state, r.origin, r.amount, r.points, r.failureCode]).sort(),
    stock,
    points: [balance.balance, balance.held],
    providers: trades.map((t) => [t.provider, t.state, t.amount, t.refunded]).sort(),
  };
}

const LOSSES: readonly Loss[] = [
  { when: "after", how: "drop", times: 1 },
  { when: "before", how: "drop", times: 2 },
  { when: "after", how: "503", times: 2 },
];

/** No operation here makes as many round trips. */
const TOO_MANY = 60;

/** Fails unless a story ends as it does without faults, whichever of its round trips loses its answer, and how. */
export async function expectLossesMadeUpFor(story: Story): Promise<void> {
  const { picture } = await play(story, 0);
  expect(picture.orders.map(([state]) => state)).toEqual([story.ends].flat());
  for (const loss of LOSSES) {
    let spared = false;
    for (let n = 1; !spared; n++) {
      const ending = await play(story, n, loss);
      expect(ending.picture, `${loss.times} answers lost ${loss.when} statement ${n}`).toEqual(picture);
      expect(n).toBeLessThan(TOO_MANY);
      spared = ending.spared;
    }
  }
}
