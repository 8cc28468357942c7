/** "Explain this payment": everything that happened to an order, in order. */
import type { PaymentContext } from "../context.ts";
import { type Bookmark, compareEntries, compareToBookmark, type StoryEntry, writeBookmark } from "./entry.ts";
import { findOrder, type OrderName } from "./find-order.ts";
import { readStory, type Story } from "./read-story.ts";
import { tellPayments, tellRefunds } from "./tell-money.ts";
import { tellOrder, tellPoints, tellStock } from "./tell-order.ts";
import { tellActions, tellAnomalies, tellCallbacks, tellCalls, tellEvents } from "./tell-records.ts";

const TELLERS: readonly ((story: Story) => StoryEntry[])[] = [
  ...[tellOrder, tellStock, tellPoints, tellPayments, tellCalls],
  ...[tellCallbacks, tellRefunds, tellEvents, tellAnomalies, tellActions],
];

export interface StoryPage {
  readonly orderId: string;
  readonly entries: readonly StoryEntry[];
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/**
 * Tells what happened to an order, oldest first, as far as rows say it; what has outlived its retention is not told. Throws
 * ORDER_NOT_FOUND, PAYMENT_NOT_FOUND or REFUND_NOT_FOUND.
 */
export async function explainOrder(
  ctx: PaymentContext,
  name: OrderName,
  page: { readonly after?: Bookmark | undefined; readonly limit: number },
): Promise<StoryPage> {
  const { after, limit } = page;
  const order = await findOrder(ctx.db, name);
  const story = await readStory(ctx, order, after, limit + 1);
  const entries = TELLERS.flatMap((tell) => tell(story))
    .filter((entry) => !after || compareToBookmark(entry, after) > 0)
    .sort(compareEntries);
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  return { orderId: order.id, entries: shown, next: last && entries.length > limit ? writeBookmark(last) : null };
}
