import { and, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { ERRORS, type ErrorCode, PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, assertUnanswered, type RequestKey, requestKey, underKey } from "../idempotency.ts";
import { recordAction } from "../operator-actions.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible } from "../orders/view.ts";
import { PAID_BY } from "./divide-refund.ts";
import { draftRefund, type PaidOrder, type RefundRequest } from "./draft-refund.ts";
import { limitReached } from "./limits.ts";
import { insertRefund, insertRefundEntries } from "./record.ts";
import { reserveAndSend, viewOfReserved } from "./reserve-refund.ts";
import { standingOf } from "./split.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

/**
 * Asks for money back. For operators and services it is reserved and sent at once; a customer's call is a request
 * that an operator decides, unless the shop refunds by itself. The same idempotency key is the same refund.
 * Throws ORDER_NOT_PAID, PAYMENT_NOT_FOUND, REFUND_EXCEEDS_PAYMENT, REFUND_ITEMS_EXCEED_ORDER, REFUND_WINDOW_OVER,
 * REFUND_PARTS_USED_UP, REQUEST_IN_PROGRESS, PROVIDER_REFUSED.
 */
export async function requestRefund(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  idempotencyKey: string,
): Promise<RefundRecordView> {
  const key = await requestKey(actor, "refunds.create", idempotencyKey, request);
  if (!key) throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
  const paid = await readPaidOrder(ctx, actor, request, key);
  if (paid.earlier) return await resume(ctx, actor, paid.earlier, request.reason);
  const decidedBy = decidesAlone(ctx, actor) ? actor.id : null;
  const refund = { ...(await draftRefund(ctx, actor, request, paid, key)), decidedBy };
  assertInLimits(ctx, actor, paid, refund);
  if (!(await insertRefund(ctx, refund))) {
    const again = await readPaidOrder(ctx, actor, request, key);
    if (!again.earlier) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (again.earlier.id !== refund.id) return await resume(ctx, actor, again.earlier, request.reason);
  }
  await insertRefundEntries(ctx, refund);
  await recordOperator(ctx, actor, refund, request.reason);
  ctx.log.info("refund.requested", { refund: refund.id, order: refund.orderId, amount: refund.amount, by: actor.id });
  if (decidedBy === null) return await refundView(ctx, refund);
  return await reserveAndSend(ctx, refund, decidedBy, { refund, standing: standingOf(paid) });
}

/** What an operator does of their own accord is on record as such. */
async function recordOperator(ctx: PaymentContext, actor: Actor, refund: RefundRow, reason: string): Promise<void> {
  if (actor.role !== "operator") return;
  const { id: subject, orderId, amount, points } = refund;
  const change = { before: {}, after: { state: "CREATED", amount: formatYuan(amount), points } };
  await recordAction(ctx, actor, { action: "refunds.create", subject, orderId, reason, ...change });
}

/**
 * The order with what the same request made before. Throws IDEMPOTENCY_KEY_REUSED first: a key is no other request's, also
 * while nothing has been answered under it.
 */
async function readPaidOrder(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  key: RequestKey,
): Promise<PaidOrder> {
  const rows = await read(() =>
    ctx.db
      .select({ ...PAID_BY, item: orderItems, earlier: refundRecords, answered: idempotencyAnswers })
      .from(orders)
      .leftJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, orders.paidBy))
      .leftJoin(orderItems, eq(orderItems.orderId, orders.id))
      .leftJoin(refundRecords, and(eq(refundRecords.requestKey, key.key)))
      .leftJoin(idempotencyAnswers, underKey(key.key))
      .where(eq(orders.id, request.orderId))
      .orderBy(orderItems.sku),
  );
  const [first] = rows;
  assertUnanswered(first?.answered);
  if (first?.earlier) assertSameRequest(first.earlier.requestHash, key);
  if (!first || !isVisible(first.order) || !maySee(actor, first.order.userId)) throw new PayError("ORDER_NOT_FOUND");
  if (first.order.state !== "PAID") throw new PayError("ORDER_NOT_PAID");
  // An order that points paid alone has no attempt.
  const paidBy = first.order.paidBy === null ? "points" : first.attempt?.provider;
  if (paidBy !== request.provider) throw new PayError("PAYMENT_NOT_FOUND");
  const { order, attempt, elsewhere, earlier } = first;
  const items = rows.flatMap((row) => row.item ?? []);
  return { order, attempt: attempt ?? undefined, elsewhere, items, earlier: earlier ?? undefined };
}

function decidesAlone(ctx: PaymentContext, actor: Actor): boolean {
  return actor.role !== "customer" || ctx.settings.customerRefunds === "auto";
}

/**
 * Refuses before anything is written what the payment's row shows to be hopeless. Reserving decides again. A request that
 * somebody decides later may well be in time then, and a part come free, but no payment grows younger.
 */
function assertInLimits(ctx: PaymentContext, actor: Actor, { attempt }: PaidOrder, { provider }: RefundRow): void {
  const reached = attempt && limitReached(attempt, ctx.providers.get(provider).refundLimits, presentOf(ctx));
  if (reached && (decidesAlone(ctx, actor) || reached.code === "REFUND_WINDOW_OVER")) throw reached;
}

/**
 * Goes on with a refund that the same request began, wherever that stopped. One that its caller decided is REQUESTED as
 * long as it could not be reserved; only this request goes on with it then.
 */
async function resume(ctx: PaymentContext, actor: Actor, refund: RefundRow, reason: string): Promise<RefundRecordView> {
  if (refund.state === "CLOSED" && isErrorCode(refund.failureCode)) throw new PayError(refund.failureCode);
  if (refund.state !== "REQUESTED" || (refund.decidedBy === null && !decidesAlone(ctx, actor)))
    return await viewOfReserved(ctx, refund);
  // The request before may have died ahead of its entry in the trail: two of them are better than none.
  await recordOperator(ctx, actor, refund, reason);
  return await reserveAndSend(ctx, refund, actor.id);
}

function isErrorCode(code: string | null): code is ErrorCode {
  return code !== null && Object.hasOwn(ERRORS, code);
}
