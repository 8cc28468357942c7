/** What operators do to the stock: pieces put on the shelf or taken off it, and counts. */
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import { inventoryLogs } from "../../../db/schema/stock.ts";
import {
  correctCount,
  insertStockEntry,
  postAdjustment,
  postCount,
  type StockEntry,
  stockEntryKey,
  voidStockEntry,
} from "../../../db/statements/stock.ts";
import { PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { recordAction } from "../operator-actions.ts";
import { getItem, type InventoryItem } from "./inventory.ts";
import { tellShortage } from "./tell-stock.ts";

/** The stock may move between reading it and writing what a count found. */
const COUNT_TRIES = 5;

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
  const { sku, quantity, reason } = change;
  const causeId = (await requestKey(actor, `inventory.adjust ${sku}`, idempotencyKey, change))?.key ?? newId(ctx.now());
  const item = await getItem(ctx, sku);
  const entry = { kind: "ADJUST", sku, causeId } as const;
  const written = await writeEntry(ctx, { ...entry, quantity, reason, createdBy: actor.id });
  if (written.quantity !== quantity) throw new PayError("IDEMPOTENCY_KEY_REUSED");
  if (written.state === "VOIDED") throw tooFewLeft();
  if (written.state === "POSTED") return item;
  const before = { onHand: item.onHand, reserved: item.reserved };
  const after = { onHand: item.onHand + quantity };
  await recordAction(ctx, actor, { action: "inventory.adjust", subject: sku, reason, before, after });
  const posted = (await postAdjustment(ctx.db, sku, causeId, presentOf(ctx))) > 0 || (await wasPosted(ctx, entry));
  if (!posted) throw tooFewLeft();
  ctx.log.info("stock.adjusted", { sku, quantity, by: actor.id });
  return await getItem(ctx, sku);
}

function tooFewLeft(): PayError {
  const issues = [{ path: "quantity", message: "fewer than are reserved would be left" }];
  return new PayError("OUT_OF_STOCK", { issues });
}

/**
 * Sets what is on the shelf to what was counted there, pieces of open orders among them, once per SKU and idempotency key.
 * What is promised beyond it becomes the item's shortage, with an event. Returns the item afterwards. Throws UNKNOWN_SKU,
 * IDEMPOTENCY_KEY_REUSED, and STOCK_MOVED when sales went on faster than the count could be written down.
 */
export async function countStock(
  ctx: PaymentContext,
  actor: Actor,
  count: { readonly sku: string; readonly counted: number; readonly reason: string },
  idempotencyKey?: string,
): Promise<InventoryItem> {
  const { sku, counted, reason } = count;
  const causeId = (await requestKey(actor, `inventory.count ${sku}`, idempotencyKey, count))?.key ?? newId(ctx.now());
  const entry = { kind: "COUNT", sku, causeId } as const;
  const item = await getItem(ctx, sku);
  const quantity = counted - item.onHand;
  const written = await writeEntry(ctx, { ...entry, quantity, counted, reason, createdBy: actor.id });
  if (written.counted !== counted) throw new PayError("IDEMPOTENCY_KEY_REUSED");
  if (written.state === "VOIDED") throw new PayError("STOCK_MOVED");
  if (written.state === "PENDING") {
    const before = { onHand: item.onHand, reserved: item.reserved, shortage: item.shortage };
    await recordAction(ctx, actor, { action: "inventory.count", subject: sku, reason, before, after: { counted } });
  }
  const found = await settleCount(ctx, entry, counted);
  ctx.log.info("stock.counted", { sku, counted, by: actor.id });
  return found;
}

/** Posts a count against the stock as it is then. An earlier run of the same request may have posted it. */
async function settleCount(ctx: PaymentContext, entry: StockEntry, counted: number): Promise<InventoryItem> {
  const { sku, causeId } = entry;
  for (let round = 1; round <= COUNT_TRIES; round++) {
    const { onHand } = await getItem(ctx, sku);
    await correctCount(ctx.db, { sku, causeId, counted, onHand });
    if ((await postCount(ctx.db, { sku, causeId, counted, onHand }, presentOf(ctx))) > 0) {
      const item = await getItem(ctx, sku);
      await tellShortage(ctx, item, causeId);
      return item;
    }
    if ((await readEntry(ctx, entry))?.state !== "PENDING") break;
  }
  if (await wasPosted(ctx, entry)) return await getItem(ctx, sku);
  throw new PayError("STOCK_MOVED");
}

/** Gives an entry up that could not be posted. Returns whether another run of the same request has posted it after all. */
async function wasPosted(ctx: PaymentContext, entry: StockEntry): Promise<boolean> {
  await voidStockEntry(ctx.db, entry, presentOf(ctx));
  return (await readEntry(ctx, entry))?.state === "POSTED";
}

/** Writes an entry, or finds the one that the same request wrote before. */
async function writeEntry(ctx: PaymentContext, entry: Parameters<typeof insertStockEntry>[1]) {
  if (await insertStockEntry(ctx.db, entry, presentOf(ctx))) return { counted: null, ...entry, state: "PENDING" };
  const earlier = await readEntry(ctx, entry);
  if (!earlier) throw new DatabaseUnavailable("an entry is there and can't be read");
  return earlier;
}

async function readEntry(ctx: PaymentContext, entry: StockEntry) {
  const [found] = await read(() => ctx.db.select().from(inventoryLogs).where(stockEntryKey(entry)));
  return found;
}
