/** The points that were used beside an order's money: how many of them go back with a refund. */
import { and, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { setRefundPoints } from "../../../db/statements/refund.ts";
import type { Fen } from "../../money.ts";
import type { AttemptRow } from "../attempts/view.ts";
import type { PaymentContext } from "../context.ts";
import type { OrderRow } from "../orders/view.ts";
import { insertRefundEntries, pointsBack } from "./record.ts";
import type { RefundRow } from "./view.ts";

/** They come back in the same proportion as the money; with the last of it, all of them. */
export function pointsShare(order: OrderRow, attempt: AttemptRow, amount: Fen): number {
  const gone = attempt.refunded + attempt.refunding + amount;
  const due = Number((BigInt(order.pointsToUse) * BigInt(gone)) / BigInt(attempt.received));
  return Math.max(0, due - order.pointsReturned - order.pointsReturning);
}

/**
 * Brings the points of a REQUESTED refund up to date and writes its entries. Other refunds may have gone through since
 * it was asked for, and shares that were rounded apart would leave points behind. Returns the refund as it is then.
 */
export async function insertEntriesAnew(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow> {
  const paid = refund.applied ? await readPaidBy(ctx, refund) : undefined;
  const points = paid ? pointsShare(paid.order, paid.attempt, refund.amount) : refund.points;
  // An entry of no points can't be. Reserving refuses what would be more points than are left.
  const renewed = points > 0 ? { ...refund, points } : refund;
  await insertRefundEntries(ctx, renewed);
  if (renewed.points !== refund.points) await setRefundPoints(ctx.db, refund.id, points, pointsBack(renewed));
  return renewed;
}

/** The order and the attempt of a refund that nobody has decided yet. */
async function readPaidBy(ctx: PaymentContext, refund: RefundRow) {
  const [row] = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(refundRecords)
      .innerJoin(orders, eq(orders.id, refundRecords.orderId))
      .innerJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, refundRecords.outTradeNo))
      .where(and(eq(refundRecords.id, refund.id), eq(refundRecords.state, "REQUESTED"))),
  );
  return row;
}
