/** What happens around the shop: its schedule, operators in the providers' consoles, refunds that end or do not. */
import { endRefund, isPayable, pay, refundByHand } from "../../../sandbox/buyer.ts";
import { isFinal, refundable, type Trade } from "../../../sandbox/trade.ts";
import { drawJobs } from "../settings.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { takePages } from "./cashier.ts";

export const worldActions: readonly Action[] = [
  { name: "jobs", weight: 6, begin: jobs },
  { name: "console refund", weight: 0.5, begin: consoleRefund },
  { name: "a refund ends", weight: 2, begin: refundEnds },
];

function jobs(sim: Simulation): boolean {
  for (let runs = sim.random.between(1, 2); runs > 0; runs--) sim.shop.jobs(drawJobs(sim.settings, sim.random));
  return true;
}

function consoleRefund(sim: Simulation): boolean {
  const { providers, random } = sim;
  const trades = providers.act((world) => world.books.trades());
  const paid = trades.filter((trade) => trade.state === "paid" && refundable(trade) > 0);
  const trade = random.pick(paid);
  if (!trade) return false;
  const amount = random.chance(0.5) ? refundable(trade) : random.between(1, refundable(trade));
  sim.timeline.note("console", `refunds ${amount} of ${trade.outTradeNo}`);
  providers.act((world) => refundByHand(world, trade, amount));
  return true;
}

const MINUTE_MS = 60_000;
/** Not as much as the time for which the shop watches a payment beyond its deadline. */
const BEHIND_MS = 8 * MINUTE_MS;

/**
 * The time of all orders that are open now runs out. The providers' clocks are behind, so that pages which nobody has
 * opened can be paid by for some minutes yet.
 */
export async function letOrdersExpire(sim: Simulation): Promise<void> {
  await sim.drain();
  takePages(sim);
  await sim.drain();
  const { providers, random } = sim;
  const isUnopened = (trade: Trade) => trade.state === "unopened" && trade.expiresAt > sim.clock.now();
  const late = providers.act(({ books }) => books.trades()).filter(isUnopened);
  for (const trade of late) {
    trade.expiresAt += BEHIND_MS;
    trade.closesAt += BEHIND_MS;
  }
  await sim.wait((sim.settings.orderMinutes + 1) * MINUTE_MS);
  sim.shop.jobs(["orders"]);
  if (random.chance(0.7)) await sim.drain();
  for (const trade of late) {
    if (random.chance(0.3) || !providers.act((world) => isPayable(world, trade))) continue;
    sim.timeline.note("phone", `pays ${trade.outTradeNo} though its order's time is over`);
    providers.act((world) => pay(world, trade));
  }
}

/** Refunds that got stuck end some day, well or not. */
function refundEnds(sim: Simulation): boolean {
  const { providers, random } = sim;
  const refund = random.pick(providers.act(({ books }) => books.refunds()).filter((each) => !isFinal(each)));
  const trade = refund && providers.act(({ books }) => books.trade(refund.provider, refund.outTradeNo));
  if (!refund || !trade) return false;
  const status = refund.status === "ABNORMAL" || random.chance(0.6) ? "SUCCESS" : "CLOSED";
  sim.timeline.note("bank", `${refund.outRefundNo} is ${status}`);
  providers.act((world) => endRefund(world, trade, refund, status));
  return true;
}
