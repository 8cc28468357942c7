import { eq, inArray } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { pointsAccounts } from "../../../db/schema/points.ts";
import { inventoryItems } from "../../../db/schema/stock.ts";
import { abandonDraft, activateFreeOrder, activateOrder } from "../../../db/statements/order.ts";
import { type Issue, PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { DRAFT_SECONDS, type Draft, draftOf, insertBooks, insertDraft, type OrderRequest } from "./draft.ts";
import type { PricedLine } from "./pricing.ts";
import { getOrder } from "./read-order.ts";
import { type OrderRow, type OrderView, orderView } from "./view.ts";

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
  const key = await requestKey(actor, "orders.create", idempotencyKey, request);
  const priced = await priceDraft(ctx, actor, request, key);
  if ("earlier" in priced) return priced.earlier;
  const { draft } = priced;
  if (!(await insertDraft(ctx, draft.order))) {
    const earlier = key && (await earlierOrder(ctx, actor, draft.order, key));
    if (earlier) return earlier;
  }
  await insertBooks(ctx, draft);
  return await activate(ctx, draft);
}

/** The order as it would be made now. What can't be ordered any more may have been, by the same request before. */
async function priceDraft(
  ctx: PaymentContext,
  actor: Actor,
  request: OrderRequest,
  key: RequestKey | undefined,
): Promise<{ readonly draft: Draft } | { readonly earlier: OrderView }> {
  try {
    const lines = await priceLines(ctx, request);
    return { draft: draftOf(ctx, actor, request, lines, key) };
  } catch (error) {
    const earlier = key && (await readByKey(ctx, key));
    if (!earlier || earlier.state === "DRAFT") throw error;
    assertSameRequest(earlier.requestHash, key);
    return { earlier: await getOrder(ctx, actor, earlier.id) };
  }
}

async function readByKey(ctx: PaymentContext, key: RequestKey): Promise<OrderRow | undefined> {
  const [order] = await read(() => ctx.db.select().from(orders).where(eq(orders.requestKey, key.key)));
  return order;
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
  const earlier = await readByKey(ctx, key);
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
