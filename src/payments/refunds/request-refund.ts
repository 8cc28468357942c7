import { and, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, type RefundOrigin, refundRecords } from "../../../db/schema/payments.ts";
import { ERRORS, type ErrorCode, PayError } from "../../errors.ts";
import { type Fen, fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { newOutRefundNo } from "../ids.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible, type OrderItemRow, type OrderRow } from "../orders/view.ts";
import { insertRefund, insertRefundEntries } from "./record.ts";
import { reserveAndSend } from "./reserve-refund.ts";
import { type RefundRecordView, type RefundRow, type ReturnedItem, refundView } from "./view.ts";

export interface RefundRequest {
  readonly provider: ProviderName;
  readonly orderId: string;
  /** In fen; all that is left when absent. */
  readonly amount?: Fen | undefined;
  readonly reason: string;
  /** Pieces that come back. Absent: all that are left when all the money goes back, else none. */
  readonly items?: readonly ReturnedItem[] | undefined;
}

/**
 * Asks for money back. For operators and services it is reserved and sent at once; a customer's call is a request
 * that an operator decides, unless the shop refunds by itself. The same idempotency key is the same refund.
 * Throws ORDER_NOT_PAID, PAYMENT_NOT_FOUND, REFUND_EXCEEDS_PAYMENT, REFUND_ITEMS_EXCEED_ORDER, PROVIDER_REFUSED.
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
  if (paid.earlier) return await resume(ctx, actor, paid.earlier, key);
  const refund = draftOf(ctx, actor, request, paid, key);
  if (!(await insertRefund(ctx, refund))) {
    const { earlier } = await readPaidOrder(ctx, actor, request, key);
    if (!earlier) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (earlier.id !== refund.id) return await resume(ctx, actor, earlier, key);
  }
  await insertRefundEntries(ctx, refund);
  ctx.log.info("refund.requested", { refund: refund.id, order: refund.orderId, amount: refund.amount, by: actor.id });
  return decidesAlone(ctx, actor) ? await reserveAndSend(ctx, refund, actor.id) : refundView(refund);
}

interface PaidOrder {
  readonly order: OrderRow;
  readonly attempt: AttemptRow;
  readonly items: readonly OrderItemRow[];
  /** The refund that the same key made before. */
  readonly earlier: RefundRow | undefined;
}

async function readPaidOrder(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  key: RequestKey,
): Promise<PaidOrder> {
  const rows = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions, item: orderItems, earlier: refundRecords })
      .from(orders)
      .leftJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, orders.paidBy))
      .leftJoin(orderItems, eq(orderItems.orderId, orders.id))
      .leftJoin(refundRecords, and(eq(refundRecords.requestKey, key.key)))
      .where(eq(orders.id, request.orderId))
      .orderBy(orderItems.sku),
  );
  const [first] = rows;
  if (!first || !isVisible(first.order) || !maySee(actor, first.order.userId)) throw new PayError("ORDER_NOT_FOUND");
  if (first.order.state !== "PAID") throw new PayError("ORDER_NOT_PAID");
  if (first.attempt?.provider !== request.provider) throw new PayError("PAYMENT_NOT_FOUND");
  const items = rows.flatMap((row) => row.item ?? []);
  return { order: first.order, attempt: first.attempt, items, earlier: first.earlier ?? undefined };
}

function decidesAlone(ctx: PaymentContext, actor: Actor): boolean {
  return actor.role !== "customer" || ctx.settings.customerRefunds === "auto";
}

/** Goes on with a refund that the same request began, wherever that stopped. */
async function resume(
  ctx: PaymentContext,
  actor: Actor,
  refund: RefundRow,
  key: RequestKey,
): Promise<RefundRecordView> {
  assertSameRequest(refund.requestHash, key);
  if (refund.state === "CLOSED" && isErrorCode(refund.failureCode)) throw new PayError(refund.failureCode);
  if (refund.state !== "REQUESTED" || !decidesAlone(ctx, actor)) return refundView(refund);
  await insertRefundEntries(ctx, refund);
  return await reserveAndSend(ctx, refund, actor.id);
}

function isErrorCode(code: string | null): code is ErrorCode {
  return code !== null && Object.hasOwn(ERRORS, code);
}

const ORIGINS: Readonly<Record<Actor["role"], RefundOrigin>> = {
  customer: "CUSTOMER",
  service: "SERVICE",
  operator: "OPERATOR",
  auditor: "OPERATOR",
};

function draftOf(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  paid: PaidOrder,
  key: RequestKey,
): RefundRow {
  const { order, attempt } = paid;
  const left = attempt.received - attempt.refunded - attempt.refunding;
  const amount = request.amount ?? fen(Math.max(0, left));
  if (amount === 0 || amount > left) {
    throw new PayError("REFUND_EXCEEDS_PAYMENT", { issues: [{ path: "amount", message: "more than is left" }] });
  }
  // With another refund under way nobody knows yet whether this one takes the last of it.
  const allOfIt = amount === left && attempt.refunding === 0;
  const items = request.items ?? (allOfIt ? piecesLeft(paid.items) : []);
  assertPiecesLeft(paid.items, items);
  const number = newOutRefundNo(order.id);
  const draft = {
    outRefundNo: number,
    outTradeNo: attempt.outTradeNo,
    amount,
    total: attempt.received,
    reason: request.reason,
  };
  return {
    id: number,
    orderId: order.id,
    userId: order.userId,
    outTradeNo: attempt.outTradeNo,
    provider: attempt.provider,
    outRefundNo: number,
    state: "REQUESTED",
    origin: ORIGINS[actor.role],
    applied: true,
    amount,
    points: pointsShare(order, attempt, amount),
    reason: request.reason,
    items: JSON.stringify(items),
    lineCount: items.length,
    request: ctx.providers.get(attempt.provider).prepareRefund(draft),
    providerRefundNo: null,
    failureCode: null,
    requestedBy: actor.id,
    decidedBy: null,
    requestKey: key.key,
    requestHash: key.hash,
    createdAt: presentOf(ctx),
    decidedAt: null,
    succeededAt: null,
    nextCheckAt: null,
    checks: 0,
  };
}

/** The points used beside the money come back in the same proportion; with the last of it, all of them. */
function pointsShare(order: OrderRow, attempt: AttemptRow, amount: Fen): number {
  const gone = attempt.refunded + attempt.refunding + amount;
  const due = Number((BigInt(order.pointsToUse) * BigInt(gone)) / BigInt(attempt.received));
  return Math.max(0, due - order.pointsReturned - order.pointsReturning);
}

function piecesLeft(lines: readonly OrderItemRow[]): ReturnedItem[] {
  return lines
    .map((line) => ({ sku: line.sku, quantity: line.quantity - line.returnedQuantity - line.returningQuantity }))
    .filter((item) => item.quantity > 0);
}

function assertPiecesLeft(lines: readonly OrderItemRow[], items: readonly ReturnedItem[]): void {
  const left = new Map(piecesLeft(lines).map((item) => [item.sku, item.quantity]));
  const issues = items.flatMap(({ sku, quantity }, index) =>
    quantity > (left.get(sku) ?? 0)
      ? [{ path: `items[${index}]`, message: `${left.get(sku) ?? 0} left to return` }]
      : [],
  );
  if (issues.length > 0) throw new PayError("REFUND_ITEMS_EXCEED_ORDER", { issues });
}
