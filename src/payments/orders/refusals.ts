/** Orders that could not be made: what was in the way, and what can be done about it. */
import { and, eq, inArray, sql } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { pointsAccounts } from "../../../db/schema/points.ts";
import { inventoryItems } from "../../../db/schema/stock.ts";
import { expiredHolders, type OpenOrdersCap } from "../../../db/statements/order.ts";
import { PayError } from "../../errors.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { available } from "../stock/inventory.ts";
import { pursueOrderClosing } from "./close-order.ts";
import type { Draft } from "./draft.ts";
import { getOrderRow } from "./read-order.ts";
import type { OrderStatus } from "./view.ts";

/** How many expired orders a buyer who needs their pieces waits for. */
const CLOSED_AT_MOST = 5;

/** Says what an order lacked when it was to be made. */
export async function explainRefusal(
  ctx: PaymentContext,
  draft: Draft,
  cap: OpenOrdersCap | undefined,
): Promise<PayError> {
  if (cap && (await countOpen(ctx, cap)) >= cap.most) return tooMany(cap);
  if (await lacksPoints(ctx, draft)) return new PayError("INSUFFICIENT_POINTS");
  const skus = skusOf(draft);
  const stock = skus.length === 0 ? [] : await read(() => itemsOf(ctx, skus));
  const issues = draft.items.flatMap((item, index) => {
    const found = stock.find((entry) => entry.sku === item.sku);
    const left = found ? available(found) : 0;
    return left < item.quantity ? [{ path: `items[${index}].quantity`, message: `${left} left` }] : [];
  });
  return new PayError("OUT_OF_STOCK", issues.length > 0 ? { issues } : {});
}

function tooMany({ most }: OpenOrdersCap): PayError {
  return new PayError("TOO_MANY_OPEN_ORDERS", { issues: [{ path: "", message: `${most} orders may be open` }] });
}

async function countOpen(ctx: PaymentContext, { userId }: OpenOrdersCap): Promise<number> {
  const [row] = await read(() =>
    ctx.db
      .select({ open: sql<string>`count(*)` })
      .from(orders)
      .where(and(eq(orders.userId, userId), eq(orders.state, "PENDING"))),
  );
  return Number(row?.open);
}

async function lacksPoints(ctx: PaymentContext, { order }: Draft): Promise<boolean> {
  if (order.pointsToUse === 0) return false;
  const [account] = await read(() =>
    ctx.db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, order.userId)),
  );
  return !account || account.balance - account.held - account.clawed < order.pointsToUse;
}

function itemsOf(ctx: PaymentContext, skus: string[]) {
  return ctx.db.select().from(inventoryItems).where(inArray(inventoryItems.sku, skus));
}

export function skusOf({ items }: Draft): string[] {
  return items.map((item) => item.sku);
}

/**
 * Closes expired orders that hold pieces of these SKUs, a few at the most and as ever: by asking their providers first.
 * Returns how many were closed.
 */
export async function freeExpiredHolds(ctx: PaymentContext, skus: readonly string[]): Promise<number> {
  if (skus.length === 0) return 0;
  const holders = await read(() => expiredHolders(ctx.db, skus, presentOf(ctx), CLOSED_AT_MOST));
  const endings = await Promise.all(holders.map(({ id }) => tryClosing(ctx, id)));
  return endings.filter((ending) => ending === "CLOSED").length;
}

/** One order's trouble is neither the others' nor the buyer's: a job sees to it. */
async function tryClosing(ctx: PaymentContext, orderId: string): Promise<OrderStatus | undefined> {
  try {
    return await pursueOrderClosing(ctx, await getOrderRow(ctx, orderId), "EXPIRED");
  } catch (error) {
    ctx.log.error("order.not_closed", error, { order: orderId });
    return undefined;
  }
}
