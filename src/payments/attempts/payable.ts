/** Whether, and how far, an order can be paid. */
import { and, eq, inArray, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { Fen } from "../../money.ts";
import { type Actor, inSeconds, type PaymentContext } from "../context.ts";
import { assertSameRequest, assertUnanswered, type RequestKey, underKey } from "../idempotency.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible, type OrderRow } from "../orders/view.ts";
import type { AttemptRow } from "./view.ts";

/** An attempt starts only while its order can be paid for at least this long. */
export const MIN_PAYABLE_SECONDS = 120;

/** The attempt that a key made, whatever order it is for. */
const made = alias(paymentTransactions, "made");

export interface OrderToPay {
  readonly order: OrderRow;
  readonly open: readonly AttemptRow[];
  /** The attempt that the same idempotency key made before. */
  readonly earlier: AttemptRow | undefined;
}

/**
 * An order with its open attempts, in one round trip. Throws AnsweredBefore when the key has its answer,
 * IDEMPOTENCY_KEY_REUSED when another request has made an attempt by it, and ORDER_NOT_FOUND, also for somebody else's.
 */
export async function readOrderToPay(
  ctx: PaymentContext,
  actor: Actor,
  orderId: string,
  key?: RequestKey,
): Promise<OrderToPay> {
  const open = inArray(paymentTransactions.state, ["CREATED", "PENDING"]);
  const rows = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions, earlier: made, answered: idempotencyAnswers })
      .from(orders)
      .leftJoin(paymentTransactions, and(eq(paymentTransactions.orderId, orders.id), open))
      .leftJoin(made, key ? eq(made.requestKey, key.key) : sql`false`)
      .leftJoin(idempotencyAnswers, underKey(key?.key))
      .where(eq(orders.id, orderId)),
  );
  assertUnanswered(rows[0]?.answered);
  const earlier = rows[0]?.earlier ?? undefined;
  if (key && earlier) assertSameRequest(earlier.requestHash, key);
  const order = rows[0]?.order;
  if (!order || !isVisible(order) || !maySee(actor, order.userId)) throw new PayError("ORDER_NOT_FOUND");
  return { order, open: rows.flatMap((row) => row.attempt ?? []), earlier };
}

/** Throws what keeps an order from being paid now with this amount. */
export function assertPayable(ctx: PaymentContext, order: OrderRow, amount: Fen): void {
  if (order.state === "PAID") throw new PayError("ORDER_PAID");
  if (order.state === "CLOSED") throw new PayError("ORDER_CLOSED");
  if (order.closingAt !== null) throw new PayError("ORDER_CLOSING");
  if (order.expiresAt < inSeconds(ctx, MIN_PAYABLE_SECONDS)) throw new PayError("ORDER_EXPIRED");
  if (order.amount !== amount) {
    throw new PayError("AMOUNT_MISMATCH", { issues: [{ path: "amount", message: "not what is left to pay" }] });
  }
}
