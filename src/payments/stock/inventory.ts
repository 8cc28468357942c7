import { and, asc, eq, gt } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { inventoryItems } from "../../../db/schema/stock.ts";
import { setLowMark } from "../../../db/statements/stock.ts";
import { PayError } from "../../errors.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { recordAction } from "../operator-actions.ts";

export type InventoryItem = typeof inventoryItems.$inferSelect;

/** What is sold, by SKU, after a SKU. */
export function listItems(
  ctx: PaymentContext,
  page: { readonly after?: string | undefined; readonly limit: number; readonly activeOnly: boolean },
): Promise<InventoryItem[]> {
  return read(() =>
    ctx.db
      .select()
      .from(inventoryItems)
      .where(
        and(
          page.after === undefined ? undefined : gt(inventoryItems.sku, page.after),
          page.activeOnly ? eq(inventoryItems.active, true) : undefined,
        ),
      )
      .orderBy(asc(inventoryItems.sku))
      .limit(page.limit),
  );
}

/** Throws UNKNOWN_SKU. */
export async function getItem(ctx: PaymentContext, sku: string): Promise<InventoryItem> {
  const [item] = await read(() => ctx.db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku)));
  if (!item) throw new PayError("UNKNOWN_SKU", { issues: [{ path: "sku", message: "not for sale" }] });
  return item;
}

/** How many pieces of it can be ordered. */
export function available(item: InventoryItem): number {
  return Math.max(0, item.onHand - item.reserved);
}

/**
 * Sets with how many free pieces an item counts as low, null for never. A job then writes an event. Returns the item.
 * Throws UNKNOWN_SKU.
 */
export async function configureItem(
  ctx: PaymentContext,
  actor: Actor,
  { sku, lowAt, reason }: { readonly sku: string; readonly lowAt: number | null; readonly reason: string },
): Promise<InventoryItem> {
  const item = await getItem(ctx, sku);
  const change = { before: { lowAt: item.lowAt }, after: { lowAt } };
  await recordAction(ctx, actor, { action: "inventory.configure", subject: sku, reason, ...change });
  await setLowMark(ctx.db, sku, lowAt);
  return await getItem(ctx, sku);
}
