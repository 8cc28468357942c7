/** How a refund of an order that was paid with points beside its money is divided between the two. */
import { type Fen, fen } from "../../money.ts";
import type { Settings } from "../context.ts";
import { pointsValue } from "../orders/pricing.ts";
import type { OrderRow } from "../orders/view.ts";

/** What an order was paid with, and what of it has gone back or is on its way: money in fen, and points. */
export interface Standing {
  readonly money: Fen;
  readonly points: number;
  readonly goneMoney: Fen;
  readonly gonePoints: number;
  /** Money that others gave back at the provider. It stands outside our sums, and can't go back once more. */
  readonly elsewhere: Fen;
}

export interface Split {
  readonly amount: Fen;
  readonly points: number;
}

/** @param elsewhere what others gave back of the payment that paid the order, in fen */
export function standingOf({ order, elsewhere }: { readonly order: OrderRow; readonly elsewhere: Fen }): Standing {
  return {
    elsewhere,
    money: order.amount,
    points: order.pointsToUse,
    goneMoney: fen(order.refunded + order.refunding),
    gonePoints: order.pointsReturned + order.pointsReturning,
  };
}

/** What can still be given back, points at their worth, in fen. */
export function valueLeft(standing: Standing): number {
  return moneyLeft(standing) + pointsLeft(standing);
}

/** Of that, what can be given back in points. */
export function pointsLeft({ points, gonePoints }: Standing): number {
  return pointsValue(points - gonePoints);
}

function moneyLeft({ money, goneMoney, elsewhere }: Standing): number {
  return Math.max(0, money - goneMoney - elsewhere);
}

/**
 * Divides what goes back by the shop's policy. Never more of either than there is left, so that the last refund takes
 * all of both, whatever went before it.
 * @param value in fen; no more than `valueLeft`
 */
export function splitRefund(policy: Settings["mixedRefunds"], standing: Standing, value: number): Split {
  const least = Math.max(0, value - pointsLeft(standing));
  const most = Math.min(value, moneyLeft(standing));
  const wanted = { money_first: most, points_first: least, proportional: proportional(standing, value) }[policy];
  const amount = fen(Math.min(most, Math.max(least, wanted)));
  return { amount, points: pointsWorth(value - amount) };
}

/** As much as brings all that has gone back to the proportion in which it was paid. */
function proportional({ money, points, goneMoney, gonePoints, elsewhere }: Standing, value: number): number {
  const inMoney = goneMoney + elsewhere;
  const gone = inMoney + pointsValue(gonePoints) + value;
  return Number((BigInt(money) * BigInt(gone)) / BigInt(money + pointsValue(points))) - inMoney;
}

/** One point is worth one fen. */
function pointsWorth(value: number): number {
  return value;
}
