import { eq, inArray } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import { orders } from "../../../db/schema/orders.ts";
import { inventoryItems } from "../../../db/schema/stock.ts";
import { findAnswer, freeKeys } from "../../../db/statements/answers.ts";
import { abandonDraft, type OpenOrdersCap } from "../../../db/statements/order.ts";
import { type Issue, PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import { type Actor, inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, assertUnanswered, type RequestKey, requestKey, underKey } from "../idempotency.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { activate } from "./activate-draft.ts";
import { DRAFT_SECONDS, type Draft, draftOf, insertBooks, insertDraft, type OrderRequest } from "./draft.ts";
import type { PricedLine } from "./pricing.ts";
import { getOrder } from "./read-order.ts";
import { isVisible, type OrderRow, type OrderView } from "./view.ts";

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
  const isKeyTaken = !(await insertDraft(ctx, draft.order));
  const earlier = isKeyTaken && key ? await earlierOrder(ctx, actor, draft.order, key) : undefined;
  if (earlier) return earlier;
  await insertBooks(ctx, draft);
  const { id, totalAmount, pointsToUse } = draft.order;
  const after = { state: "PENDING", amount: formatYuan(totalAmount), points: pointsToUse };
  await recordIfOperator(ctx, actor, { action: "orders.create", subject: id, orderId: id, before: {}, after });
  const cap = capFor(ctx, actor, draft.order);
  return await activate(ctx, draft, { cap, unanswered: isKeyTaken ? key?.key : undefined });
}

/** The order as it would be made now. What can't be ordered any more may have been, by the same request before. */
async function priceDraft(
  ctx: PaymentContext,
  actor: Actor,
  request: OrderRequest,
  key: RequestKey | undefined,
): Promise<{ readonly draft: Draft } | { readonly earlier: OrderView }> {
  try {
    const lines = await priceLines(ctx, request, key);
    return { draft: await draftOf(ctx, actor, request, lines, key) };
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    const earlier = key && (await readByKey(ctx, key));
    if (!earlier || !isVisible(earlier)) throw error;
    assertSameRequest(earlier.requestHash, key);
    return { earlier: await getOrder(ctx, actor, earlier.id) };
  }
}

async function readByKey(ctx: PaymentContext, key: RequestKey): Promise<OrderRow | undefined> {
  const [order] = await read(() => ctx.db.select().from(orders).where(eq(orders.requestKey, key.key)));
  return order;
}

/** Throws AnsweredBefore too, which takes a look of its own only where there is nothing to price. */
async function priceLines(
  ctx: PaymentContext,
  request: OrderRequest,
  key: RequestKey | undefined,
): Promise<PricedLine[]> {
  const skus = request.items.map((item) => item.sku);
  if (skus.length === 0) {
    assertUnanswered(key && (await findAnswer(ctx.db, key.key)));
    return [];
  }
  const found = await readItems(ctx, skus, key);
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

async function readItems(ctx: PaymentContext, skus: readonly string[], key: RequestKey | undefined) {
  const rows = await read(() =>
    ctx.db
      .select({ item: inventoryItems, answered: idempotencyAnswers })
      .from(inventoryItems)
      .leftJoin(idempotencyAnswers, underKey(key?.key))
      .where(inArray(inventoryItems.sku, [...skus])),
  );
  assertUnanswered(rows[0]?.answered);
  return rows.map(({ item }) => item);
}

/** Unpaid orders hold pieces that others want. What a service orders for its users is its own affair. */
function capFor(ctx: PaymentContext, actor: Actor, { userId }: OrderRow): OpenOrdersCap | undefined {
  return actor.role === "customer" ? { userId, most: ctx.settings.openOrdersPerBuyer } : undefined;
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
    if (isVisible(earlier)) return await getOrder(ctx, actor, earlier.id);
    await takeKey(ctx, earlier, key);
  }
  if (!(await insertDraft(ctx, draft))) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  return undefined;
}

/** Takes a key from a draft whose maker died over it, or over the answer to its refusal. Throws REQUEST_IN_PROGRESS before that is sure. */
async function takeKey(ctx: PaymentContext, { id, state, createdAt, closedAt }: OrderRow, { key }: RequestKey) {
  const before = inSeconds(ctx, -DRAFT_SECONDS);
  if ((closedAt ?? createdAt) > before) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: DRAFT_SECONDS });
  if (state === "DRAFT") await abandonDraft(ctx.db, id, presentOf(ctx));
  else await freeKeys(ctx.db, "orders.create", [key], before);
}
