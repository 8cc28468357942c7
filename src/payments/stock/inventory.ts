import { and, asc, eq, gt } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { inventoryItems, inventoryLogs } from "../../../db/schema/stock.ts";
import { adjustmentKey, insertAdjustment, postAdjustment, voidAdjustment } from "../../../db/statements/stock.ts";
import { PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";

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

/**
 * Puts pieces on the shelf or takes them off, once per SKU and idempotency key. Returns the item afterwards. Throws
 * UNKNOWN_SKU, IDEMPOTENCY_KEY_REUSED, and OUT_OF_STOCK when fewer pieces would be left than open orders have reserved.
 */
export async function adjustStock(
  ctx: PaymentContext,
  actor: Actor,
  change: { readonly sku: string; readonly quantity: number; readonly reason: string },
  idempotencyKey?: string,
): Promise<InventoryItem> {
  const causeId =
    (await requestKey(actor, `inventory.adjust ${change.sku}`, idempotencyKey, change))?.key ?? newId(ctx.now());
  await getItem(ctx, change.sku);
  const entry = { ...change, causeId, createdBy: actor.id };
  if (!(await insertAdjustment(ctx.db, entry, presentOf(ctx)))) await assertSameChange(ctx, change, causeId);
  try {
    await postAdjustment(ctx.db, change.sku, causeId, presentOf(ctx));
  } catch (error) {
    if (!(error instanceof CheckRefused)) throw error;
    await voidAdjustment(ctx.db, change.sku, causeId, presentOf(ctx));
    throw tooFewLeft();
  }
  ctx.log.info("stock.adjusted", { sku: change.sku, quantity: change.quantity, by: actor.id });
  return await getItem(ctx, change.sku);
}

function tooFewLeft(): PayError {
  const issues = [{ path: "quantity", message: "fewer than are reserved would be left" }];
  return new PayError("OUT_OF_STOCK", { issues });
}

/** Throws what the same key ended in before, or IDEMPOTENCY_KEY_REUSED when it changed this SKU by another number of pieces before. */
async function assertSameChange(
  ctx: PaymentContext,
  change: { readonly sku: string; readonly quantity: number },
  causeId: string,
): Promise<void> {
  const [entry] = await read(() => ctx.db.select().from(inventoryLogs).where(adjustmentKey(change.sku, causeId)));
  if (entry && entry.quantity !== change.quantity) throw new PayError("IDEMPOTENCY_KEY_REUSED");
  if (entry?.state === "VOIDED") throw tooFewLeft();
}

async function getItem(ctx: PaymentContext, sku: string): Promise<InventoryItem> {
  const [item] = await read(() => ctx.db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku)));
  if (!item) throw new PayError("UNKNOWN_SKU", { issues: [{ path: "sku", message: "not for sale" }] });
  return item;
}
