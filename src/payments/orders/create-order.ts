import { eq, inArray } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { inventoryItems } from "../../../db/schema/stock.ts";
import { abandonDraft, activateFreeOrder, activateOrder, type OpenOrdersCap } from "../../../db/statements/order.ts";
import { openAccount } from "../../../db/statements/points.ts";
import { type Issue, PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { earningOf } from "../points/rules.ts";
import { DRAFT_SECONDS, type Draft, draftOf, insertBooks, insertDraft, type OrderRequest } from "./draft.ts";
import type { PricedLine } from "./pricing.ts";
import { getOrder } from "./read-order.ts";
import { explainRefusal, freeExpiredHolds, skusOf } from "./refusals.ts";
import { type OrderRow, type OrderView, orderView } from "./view.ts";

/**
 * Makes an order: draft, lines and journal entries, then one statement that reserves everything or nothing. Five round
 * trips, one more with points used or earned, two more for a first account. Throws UNKNOWN_SKU, OUT_OF_STOCK, INSUFFICIENT_POINTS, TOO_MANY_OPEN_ORDERS and the
 * idempotency errors.
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
  return await activate(ctx, draft, capFor(ctx, actor, draft.order));
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

/** Unpaid orders hold pieces that others want. What a service orders for its users is its own affair. */
function capFor(ctx: PaymentContext, actor: Actor, { userId }: OrderRow): OpenOrdersCap | undefined {
  return actor.role === "customer" ? { userId, most: ctx.settings.openOrdersPerBuyer } : undefined;
}

async function activate(ctx: PaymentContext, draft: Draft, cap: OpenOrdersCap | undefined): Promise<OrderView> {
  const made = (await tryActivate(ctx, draft, cap)) ?? (await activateWithAccount(ctx, draft, cap));
  if (made) return made;
  const refusal = await explainRefusal(ctx, draft, cap);
  const freed = refusal.code === "OUT_OF_STOCK" && (await freeExpiredHolds(ctx, skusOf(draft))) > 0;
  const madeAfterAll = freed ? await tryActivate(ctx, draft, cap) : undefined;
  if (madeAfterAll) return madeAfterAll;
  await abandonDraft(ctx.db, draft.order.id, presentOf(ctx));
  throw refusal;
}

/** Whoever earns points for the first time has no account for them yet, and is refused for that. */
async function activateWithAccount(ctx: PaymentContext, draft: Draft, cap: OpenOrdersCap | undefined) {
  if (!earningOf(ctx, draft.order)) return undefined;
  await openAccount(ctx.db, draft.order.userId);
  return await tryActivate(ctx, draft, cap);
}

/** Undefined when there is not enough of something: zero rows, or a CHECK that failed. */
async function tryActivate(ctx: PaymentContext, draft: Draft, cap: OpenOrdersCap | undefined) {
  const { order, items } = draft;
  const now = presentOf(ctx);
  const free = order.amount === 0;
  let matched = 0;
  try {
    matched = free ? await activateFreeOrder(ctx.db, order.id, now) : await activateOrder(ctx.db, order.id, cap);
  } catch (error) {
    if (!(error instanceof CheckRefused)) throw error;
  }
  if (matched > 0) {
    const activated: OrderRow = { ...order, state: free ? "PAID" : "PENDING", paidAt: free ? now : null };
    ctx.log.info("order.created", { order: order.id, amount: order.amount, lines: items.length });
    return orderView(activated, items);
  }
  // It may have been done before by a statement whose answer was lost.
  const [current] = await read(() => ctx.db.select().from(orders).where(eq(orders.id, order.id)));
  // Its maker was taken for dead and the draft given up, for the same request's sake.
  if (current?.closeReason === "DRAFT_ABANDONED") throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  return current?.state === "PENDING" || current?.state === "PAID" ? orderView(current, items) : undefined;
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
