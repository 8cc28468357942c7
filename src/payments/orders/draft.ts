/** Drafts: an order with its lines and journal entries, written before anything is reserved, seen by nobody. */
import { insertOnce } from "../../../db/run.ts";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { pointsLogs } from "../../../db/schema/points.ts";
import { inventoryLogs } from "../../../db/schema/stock.ts";
import { type Fen, fen } from "../../money.ts";
import { type Actor, inSeconds, type PaymentContext, presentOf } from "../context.ts";
import type { RequestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { earningOf } from "../points/rules.ts";
import { seal } from "../sealed.ts";
import { type Adjustment, type PricedLine, priceOrder } from "./pricing.ts";
import { type OrderItemRow, type OrderRow, subjectField } from "./view.ts";

export interface OrderRequest {
  /** Whose order it is. */
  readonly userId: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  /** Instead of items, for the service role: what the order costs, in fen. */
  readonly amount?: Fen | undefined;
  readonly adjustments?: readonly Adjustment[] | undefined;
  readonly pointsToUse?: number | undefined;
  readonly subject?: string | undefined;
}

/** After this many seconds a draft's maker is taken for dead, and a repeat of its request may start anew. */
export const DRAFT_SECONDS = 30;

export interface Draft {
  readonly order: OrderRow;
  readonly items: readonly OrderItemRow[];
}

/** Prices an order and lays out its rows. Throws BAD_INPUT when the sum is no amount. */
export async function draftOf(
  ctx: PaymentContext,
  actor: Actor,
  request: OrderRequest,
  lines: readonly PricedLine[],
  key: RequestKey | undefined,
): Promise<Draft> {
  const adjustments = request.adjustments ?? [];
  const pointsToUse = request.pointsToUse ?? 0;
  const price = priceOrder(lines, request.amount, adjustments, pointsToUse);
  const id = newId(ctx.now());
  const zero = fen(0);
  const order: OrderRow = {
    id,
    userId: request.userId,
    state: "DRAFT",
    subject: await seal(ctx, subjectField({ id }), request.subject ?? defaultSubject(lines)),
    totalAmount: price.totalAmount,
    pointsToUse,
    amount: price.amount,
    adjustments: JSON.stringify(adjustments),
    lineCount: lines.length,
    refunding: zero,
    refunded: zero,
    pointsReturning: 0,
    pointsReturned: 0,
    generation: 0,
    refundState: "NONE",
    createdBy: actor.id,
    requestKey: key?.key ?? null,
    requestHash: key?.hash ?? null,
    createdAt: presentOf(ctx),
    expiresAt: inSeconds(ctx, ctx.settings.orderTtlMinutes * 60),
    closingAt: null,
    closeReason: null,
    closedAt: null,
    paidAt: null,
    paidBy: null,
    nextCheckAt: inSeconds(ctx, 10 * DRAFT_SECONDS),
    checks: 0,
  };
  const items = lines.map((line) => ({ orderId: id, ...line, returningQuantity: 0, returnedQuantity: 0 }));
  return { order, items };
}

function defaultSubject(lines: readonly PricedLine[]): string {
  const [first, ...others] = lines;
  if (!first) return "中道商城订单";
  return others.length === 0 ? first.title : `${first.title} 等${lines.length}种商品`;
}

/** Writes the order itself. Returns false when its request key is taken. */
export function insertDraft(ctx: PaymentContext, order: OrderRow): Promise<boolean> {
  const { refundState: _generated, ...values } = order;
  return insertOnce(() => ctx.db.insert(orders).values(values));
}

/** Lines and entries of a draft nobody can see yet; independent of each other, so sent together. */
export async function insertBooks(ctx: PaymentContext, draft: Draft): Promise<void> {
  const { order, items } = draft;
  const entries = items.map(({ sku, quantity }) => ({
    orderId: order.id,
    kind: "SALE" as const,
    sku,
    causeId: order.id,
    quantity,
    state: "PENDING" as const,
    createdAt: order.createdAt,
  }));
  const points = pointsEntries(ctx, order);
  const inserts = [
    ...(items.length > 0 ? [() => ctx.db.insert(orderItems).values([...items])] : []),
    ...(items.length > 0 ? [() => ctx.db.insert(inventoryLogs).values(entries)] : []),
    ...(points.length > 0 ? [() => ctx.db.insert(pointsLogs).values(points)] : []),
  ];
  await Promise.all(inserts.map((insert) => insertOnce(insert)));
}

/** What the order uses, and what its payment is to earn. */
function pointsEntries(ctx: PaymentContext, order: OrderRow) {
  const { id, userId, pointsToUse, createdAt } = order;
  const hold = { userId, kind: "HOLD" as const, causeId: id, orderId: id, points: pointsToUse };
  const earning = earningOf(ctx, order);
  const entries = [...(pointsToUse > 0 ? [hold] : []), ...(earning ? [earning] : [])];
  return entries.map((entry) => ({ ...entry, state: "PENDING" as const, createdAt }));
}
