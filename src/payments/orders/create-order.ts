import { eq, inArray } from "drizzle-orm";
import { CheckRefused, insertOnce, read } from "../../../db/run.ts";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { pointsAccounts, pointsLogs } from "../../../db/schema/points.ts";
import { inventoryItems, inventoryLogs } from "../../../db/schema/stock.ts";
import { abandonDraft, activateFreeOrder, activateOrder } from "../../../db/statements/order.ts";
import { type Issue, PayError } from "../../errors.ts";
import type { Fen } from "../../money.ts";
import { type Actor, inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { type Adjustment, type PricedLine, priceOrder } from "./pricing.ts";
import { getOrder } from "./read-order.ts";
import { type OrderItemRow, type OrderRow, type OrderView, orderView } from "./view.ts";

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
const DRAFT_SECONDS = 30;

/**
 * Makes an order: draft, lines and journal entries, then one statement that reserves everything or nothing. Five round
 * trips, one more with points. Throws UNKNOWN_SKU, OUT_OF_STOCK, INSUFFICIENT_POINTS and the idempotency errors.
 */
export async function createOrder(
  ctx: PaymentContext,
  actor: Actor,
  request: OrderRequest,
  idempotencyKey?: string,
): Promise<OrderView> {
  const lines = await priceLines(ctx, request);
  const request_ = await requestKey(actor, "orders.create", idempotencyKey, request);
  const draft = draftOf(ctx, actor, request, lines, request_);
  if (!(await insertDraft(ctx, draft.order))) {
    const earlier = request_ && (await earlierOrder(ctx, actor, draft.order, request_));
    if (earlier) return earlier;
  }
  await insertBooks(ctx, draft);
  return await activate(ctx, draft);
}

interface Draft {
  readonly order: OrderRow;
  readonly items: readonly OrderItemRow[];
}

async function priceLines(ctx: PaymentContext, request: OrderRequest): Promise<PricedLine[]> {
  const skus = request.items.map((item) => item.sku);
  if (skus.length === 0) return [];
  const found = await read(() => ctx.db.select().from(inventoryItems).where(inArray(inventoryItems.sku, skus)));
  const catalogue = new Map(found.filter((item) => item.active).map((item) => [item.sku, item]));
  const issues: Issue[] = [];
  const lines = request.items.flatMap(({ sku, quantity }, index) => {
    const item = catalogue.get(sku);
    if (item) return [{ sku, title: item.title, unitPrice: item.price, quantity }];
    issues.push({ path: `items[${index}].sku`, message: "not for sale" });
    return [];
  });
  if (issues.length > 0) throw new PayError("UNKNOWN_SKU", { issues });
  return lines;
}

function draftOf(
  ctx: PaymentContext,
  actor: Actor,
  request: OrderRequest,
  lines: readonly PricedLine[],
  key: RequestKey | undefined,
): Draft {
  const adjustments = request.adjustments ?? [];
  const pointsToUse = request.pointsToUse ?? 0;
  const price = priceOrder(lines, request.amount, adjustments, pointsToUse);
  const id = newId(ctx.now());
  const zero = 0 as Fen;
  const order: OrderRow = {
    id,
    userId: request.userId,
    state: "DRAFT",
    subject: request.subject ?? defaultSubject(lines),
    totalAmount: price.totalAmount,
    pointsToUse,
    amount: price.amount,
    adjustments: JSON.stringify(adjustments),
    lineCount: lines.length,
    refunding: zero,
    refunded: zero,
    pointsReturning: 0,
    pointsReturned: 0,
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

function insertDraft(ctx: PaymentContext, order: OrderRow): Promise<boolean> {
  const { refundState: _generated, ...values } = order;
  return insertOnce(() => ctx.db.insert(orders).values(values));
}

/** Lines and entries of a draft nobody can see yet; independent of each other, so sent together. */
async function insertBooks(ctx: PaymentContext, draft: Draft): Promise<void> {
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
  const hold = {
    userId: order.userId,
    kind: "HOLD" as const,
    causeId: order.id,
    orderId: order.id,
    points: order.pointsToUse,
    state: "PENDING" as const,
    createdAt: order.createdAt,
  };
  const inserts = [
    ...(items.length > 0 ? [() => ctx.db.insert(orderItems).values([...items])] : []),
    ...(items.length > 0 ? [() => ctx.db.insert(inventoryLogs).values(entries)] : []),
    ...(order.pointsToUse > 0 ? [() => ctx.db.insert(pointsLogs).values(hold)] : []),
  ];
  await Promise.all(inserts.map((insert) => insertOnce(insert)));
}

async function activate(ctx: PaymentContext, draft: Draft): Promise<OrderView> {
  const { order, items } = draft;
  const now = presentOf(ctx);
  const free = order.amount === 0;
  let matched = 0;
  try {
    matched = free ? await activateFreeOrder(ctx.db, order.id, now) : await activateOrder(ctx.db, order.id);
  } catch (error) {
    if (!(error instanceof CheckRefused)) throw error;
  }
  if (matched > 0) {
    const activated: OrderRow = { ...order, state: free ? "PAID" : "PENDING", paidAt: free ? now : null };
    ctx.log.info("order.created", { order: order.id, amount: order.amount, lines: items.length });
    return orderView(activated, items);
  }
  return await afterNoActivation(ctx, draft);
}

/** Zero rows or a failed CHECK: done before (a lost answer), or there is not enough of something. */
async function afterNoActivation(ctx: PaymentContext, draft: Draft): Promise<OrderView> {
  const { order, items } = draft;
  const [current] = await read(() => ctx.db.select().from(orders).where(eq(orders.id, order.id)));
  if (current && (current.state === "PENDING" || current.state === "PAID")) return orderView(current, items);
  const shortage = await explainShortage(ctx, draft);
  await abandonDraft(ctx.db, order.id, presentOf(ctx));
  throw shortage;
}

async function explainShortage(ctx: PaymentContext, draft: Draft): Promise<PayError> {
  const { order, items } = draft;
  if (order.pointsToUse > 0) {
    const [account] = await read(() =>
      ctx.db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, order.userId)),
    );
    if (!account || account.balance - account.held < order.pointsToUse) return new PayError("INSUFFICIENT_POINTS");
  }
  const skus = items.map((item) => item.sku);
  const stock =
    skus.length === 0
      ? []
      : await read(() => ctx.db.select().from(inventoryItems).where(inArray(inventoryItems.sku, skus)));
  const issues = items.flatMap((item, index) => {
    const left = stock.find((entry) => entry.sku === item.sku);
    const available = left ? Math.max(0, left.onHand + left.shortage - left.reserved) : 0;
    return available < item.quantity ? [{ path: `items[${index}].quantity`, message: `${available} left` }] : [];
  });
  return new PayError("OUT_OF_STOCK", issues.length > 0 ? { issues } : {});
}

/**
 * The order that the same request made before. Undefined when the draft at hand is that order (an answer was lost),
 * or when a dead maker's draft has been given up for it.
 */
async function earlierOrder(
  ctx: PaymentContext,
  actor: Actor,
  draft: OrderRow,
  key: RequestKey,
): Promise<OrderView | undefined> {
  const [earlier] = await read(() => ctx.db.select().from(orders).where(eq(orders.requestKey, key.key)));
  if (earlier?.id === draft.id) return undefined;
  if (earlier) {
    assertSameRequest(earlier.requestHash, key);
    if (earlier.state !== "DRAFT") return await getOrder(ctx, actor, earlier.id);
    const age = ctx.now() - earlier.createdAt.getTime();
    if (age < DRAFT_SECONDS * 1000) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: DRAFT_SECONDS });
    await abandonDraft(ctx.db, earlier.id, presentOf(ctx));
  }
  if (!(await insertDraft(ctx, draft))) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  return undefined;
}
