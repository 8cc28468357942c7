import { and, eq, inArray, sql } from "drizzle-orm";
import { read, runGuarded } from "../../../db/run.ts";
import { type CloseReason, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { closeOrder as closeOrderStatement } from "../../../db/statements/order.ts";
import { PayError } from "../../errors.ts";
import { pursueClosing } from "../attempts/close-attempt.ts";
import { type Actor, nextCheck, type PaymentContext, presentOf } from "../context.ts";
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
  if (mayClose && (await closeOrderStatement(ctx.db, order.id, presentOf(ctx))) > 0) {
    ctx.log.info("order.closed", { order: order.id, reason });
    return "CLOSED";
  }
  const current = await getOrderRow(ctx, order.id);
  if (current.state === "PENDING") await postponeOrder(ctx, current);
  return orderStatus(current);
}

/** From here on no attempt starts: INSERT … SELECT of an attempt reads `closing_at` under the same row lock. */
function beginClosing(ctx: PaymentContext, orderId: string, reason: CloseReason): Promise<number> {
  return runGuarded(
    ctx.db,
    sql`update ${orders}
      set ${orders.closingAt} = ${presentOf(ctx)}, ${orders.closeReason} = ${reason}, ${orders.nextCheckAt} = ${nextCheck(ctx, 0)}
      where ${and(eq(orders.id, orderId), eq(orders.state, "PENDING"), sql`${orders.closingAt} is null`)}`,
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
