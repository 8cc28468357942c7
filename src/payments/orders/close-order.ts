import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import { CheckRefused, read, runGuarded } from "../../../db/run.ts";
import { type CloseReason, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { closeOrder as closeOrderStatement } from "../../../db/statements/order.ts";
import { momentOf } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import { recordAnomaly } from "../anomalies.ts";
import { pursueClosing } from "../attempts/close-attempt.ts";
import { type Actor, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { getOrder, getOrderRow, maySee } from "./read-order.ts";
import { type OrderRow, type OrderStatus, type OrderView, orderStatus } from "./view.ts";

/**
 * Cancels an order: no new attempt starts, the open ones are closed at their providers, then the order closes and
 * its pieces and points are free. Answers CLOSED, or CLOSING while a provider has not said. Repeatable.
 * Throws ORDER_NOT_FOUND, and ORDER_PAID when it was paid, or turns out to be.
 */
export async function cancelOrder(ctx: PaymentContext, actor: Actor, orderId: string): Promise<OrderView> {
  const order = await getOrderRow(ctx, orderId);
  if (!maySee(actor, order.userId)) throw new PayError("ORDER_NOT_FOUND");
  if (order.state === "PENDING") {
    const change = { before: { state: orderStatus(order) }, after: { state: "CLOSED" } };
    await recordIfOperator(ctx, actor, { action: "orders.cancel", subject: orderId, orderId, ...change });
  }
  const status = await pursueOrderClosing(ctx, order, "CANCELLED");
  if (status === "PAID") throw new PayError("ORDER_PAID");
  return await getOrder(ctx, actor, orderId);
}

/** Takes an order as far towards CLOSED as the providers' answers allow. Returns where it stands then. */
export async function pursueOrderClosing(
  ctx: PaymentContext,
  order: OrderRow,
  reason: CloseReason,
): Promise<OrderStatus> {
  if (order.state !== "PENDING") return orderStatus(order);
  await beginClosing(ctx, order.id, reason);
  const open = await openAttempts(ctx, order.id);
  const closings = await Promise.all(open.map((attempt) => pursueClosing(ctx, attempt)));
  const mayClose = closings.every((closing) => closing === "closed" || closing === "watched");
  if (mayClose && (await closeInBooks(ctx, order.id)) > 0) {
    ctx.log.info("order.closed", { order: order.id, reason });
    return "CLOSED";
  }
  const current = await getOrderRow(ctx, order.id);
  if (current.state !== "PENDING") return orderStatus(current);
  if (mayClose) await reportRefused(ctx, current);
  await postponeOrder(ctx, current);
  return orderStatus(current);
}

/** Returns rows matched; 0 also when a CHECK refuses the change. */
async function closeInBooks(ctx: PaymentContext, orderId: string): Promise<number> {
  try {
    return await closeOrderStatement(ctx.db, orderId, presentOf(ctx));
  } catch (error) {
    if (error instanceof CheckRefused) return 0;
    throw error;
  }
}

/** Nobody can pay the order any more, and yet it can't close: something of its books is not there, or does not fit. */
async function reportRefused(ctx: PaymentContext, { id, lineCount, pointsToUse }: OrderRow): Promise<void> {
  await recordAnomaly(ctx, {
    kind: "BOOKS_REFUSED",
    number: id,
    orderId: id,
    detail: { change: "close", lines: lineCount, points: pointsToUse },
    suggestion: "CORRECT_STOCK",
  });
}

/**
 * From here on no attempt starts: INSERT … SELECT of an attempt reads `closing_at` under the same row lock. Who cancels an
 * order that is closing because its time is over says that nobody wants it any more: late money must not open it again.
 */
function beginClosing(ctx: PaymentContext, orderId: string, reason: CloseReason): Promise<number> {
  const isNews = reason === "CANCELLED" ? eq(orders.closeReason, "EXPIRED") : undefined;
  return runGuarded(
    ctx.db,
    sql`update ${orders}
      set ${orders.closingAt} = coalesce(${orders.closingAt}, ${momentOf(presentOf(ctx))}), ${orders.closeReason} = ${reason},
          ${orders.nextCheckAt} = ${nextCheck(ctx, 0)}
      where ${and(eq(orders.id, orderId), eq(orders.state, "PENDING"), or(isNull(orders.closingAt), isNews))}`,
  );
}

function openAttempts(ctx: PaymentContext, orderId: string) {
  return read(() =>
    ctx.db
      .select()
      .from(paymentTransactions)
      .where(
        and(
          eq(paymentTransactions.orderId, orderId),
          inArray(paymentTransactions.state, ["CREATED", "PENDING", "CLOSING"]),
        ),
      ),
  );
}

/** Sets when to look at a pending order again, unless another look has moved that time already. */
export function postponeOrder(ctx: PaymentContext, order: OrderRow): Promise<number> {
  return runGuarded(
    ctx.db,
    sql`update ${orders} set ${orders.nextCheckAt} = ${nextCheck(ctx, order.checks)}, ${orders.checks} = ${order.checks + 1}
      where ${and(eq(orders.id, order.id), eq(orders.state, "PENDING"), eq(orders.checks, order.checks))}`,
  );
}
