/** What must be true of points: what was granted, earned, used, given back and taken back, and what came to its end. */
import type { Simulation } from "../simulation.ts";
import type { OrderRow, PointsRow, ShopBooks } from "./books.ts";
import { replayEndings } from "./points-endings.ts";
import { returning, sold } from "./sales.ts";

export function points(sim: Simulation, books: ShopBooks): string[] {
  return sim.people.buyers.flatMap(({ id: user }) => {
    const account = books.accounts.find((each) => each.user_id === user) ?? { balance: 0, held: 0, clawed: 0 };
    const journal = books.points.filter((entry) => entry.user_id === user && entry.state === "POSTED");
    const expired = total(journal.filter(({ kind }) => kind === "EXPIRE"));
    const parts = { ...changes(sim, books, user), expired: -expired };
    const due = Object.values(parts).reduce((sum, change) => sum + change, 0);
    const clawed = clawedBack(sim, books, user);
    return [
      ...(account.balance === due
        ? []
        : [`${user} has ${account.balance} points, and must have ${due} (${JSON.stringify(parts)})`]),
      ...(account.clawed === clawed ? [] : [`${account.clawed} points were taken back from ${user}, not ${clawed}`]),
      ...(account.held === 0 ? [] : [`${user}: ${account.held} points held for no open order`]),
      ...replayEndings(journal, sim.clock.now()).map((problem) => `${user}: ${problem}`),
    ];
  });
}

/** What moved a user's balance, but for what came to its end. */
function changes(sim: Simulation, books: ShopBooks, user: string): Record<string, number> {
  const paid = sold(sim, books).filter(({ buyer }) => buyer.id === user);
  const own = books.orders.filter((order) => order.user_id === user);
  const isOwn = new Set(own.map(({ id }) => id));
  const byPoints = books.attempts.filter(
    (each) => each.provider === "points" && each.state === "SUCCESS" && isOwn.has(each.order_id),
  );
  const back = returning(books).filter((refund) => refund.user_id === user);
  return {
    granted: sim.ledger.granted.get(user) ?? 0,
    earned: own.reduce((sum, order) => sum + earnedBy(sim, order, books), 0),
    used: -paid.reduce((sum, order) => sum + order.pointsToUse, 0),
    paid: -byPoints.reduce((sum, { amount }) => sum + amount, 0),
    back: back.reduce((sum, refund) => sum + refund.points + (refund.provider === "points" ? refund.amount : 0), 0),
  };
}

/** Money earns points, once for each order that it paid. */
function earnedBy(sim: Simulation, { state, amount, paid_by: paidBy }: OrderRow, { attempts }: ShopBooks): number {
  const payment = attempts.find((each) => each.out_trade_no === paidBy);
  if (state !== "PAID" || !payment || payment.provider === "points") return 0;
  return Math.floor((amount * sim.settings.pointsPerYuan) / 100);
}

/** Earned points go back in proportion to the money that does, all of them with the last of it. */
function clawedBack(sim: Simulation, books: ShopBooks, user: string): number {
  const own = books.orders.filter((order) => order.user_id === user && order.amount > 0);
  return own.reduce((sum, order) => {
    const back = books.refunds.filter((each) => each.order_id === order.id && each.applied && each.state === "SUCCESS");
    const gone = back.reduce((money, { amount }) => money + amount, 0);
    return sum + Math.floor((earnedBy(sim, order, books) * gone) / order.amount);
  }, 0);
}

function total(entries: readonly PointsRow[]): number {
  return entries.reduce((sum, entry) => sum + entry.points, 0);
}
