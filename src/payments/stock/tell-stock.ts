/** Events of pieces that are few, or too few. */
import { read } from "../../../db/run.ts";
import { lastCount, noteLow } from "../../../db/statements/stock.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { recordEvent } from "../events.ts";
import type { InventoryItem } from "./inventory.ts";

/** Tells of pieces that were promised and that a count did not find, once for the count. */
export async function tellShortage(ctx: PaymentContext, item: InventoryItem, causeId: string): Promise<void> {
  const { sku, onHand, reserved, shortage } = item;
  if (onHand >= reserved) return;
  const detail = { sku, onHand, reserved, shortage };
  await recordEvent(ctx, { kind: "stock.shortage", subject: `${sku}:${causeId}`, detail });
}

/**
 * Tells of an item that has become low, once a day at the most, and of a shortage whose count nobody came to tell of. The
 * events first: who is interrupted before the note writes them again, which does nothing.
 */
export async function tellLow(ctx: PaymentContext, item: InventoryItem): Promise<void> {
  const { sku, onHand, reserved, lowAt } = item;
  const now = presentOf(ctx);
  if (lowAt !== null && onHand - reserved <= lowAt) {
    const subject = `${sku}:${now.toISOString().slice(0, 10)}`;
    await recordEvent(ctx, { kind: "stock.low", subject, detail: { sku, onHand, reserved, lowAt } });
  }
  const [count] = onHand < reserved ? await read(() => lastCount(ctx.db, sku)) : [];
  if (count) await tellShortage(ctx, item, count.causeId);
  await noteLow(ctx.db, sku, now);
}
