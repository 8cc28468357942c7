import { sql } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { type NotificationOutcome, notifications } from "../../db/schema/records.ts";
import type { CallbackEvent } from "../providers/callback.ts";
import type { ProviderName } from "../providers/methods.ts";
import { asKey } from "./anomalies.ts";
import { happenedAt, subjectOf } from "./callback-facts.ts";
import type { PaymentContext } from "./context.ts";

/** Writes down a verified callback and how it was dealt with; a repeated one counts up. */
export async function recordNotification(
  ctx: PaymentContext,
  provider: ProviderName,
  event: CallbackEvent,
  result: { readonly outcome: NotificationOutcome; readonly receivedAt: number },
): Promise<void> {
  const processingMs = Math.max(0, ctx.now() - result.receivedAt);
  const row = {
    provider,
    notifyId: asKey(event.notifyId, 128),
    event: asKey(event.event, 64),
    outTradeNo: subjectOf(event),
    outcome: result.outcome,
    deliveries: 1,
    eventAt: happenedAt(event),
    receivedAt: new Date(result.receivedAt),
    processingMs,
  };
  const again = { deliveries: sql`${notifications.deliveries} + 1`, outcome: result.outcome };
  await read(() => ctx.db.insert(notifications).values(row).onDuplicateKeyUpdate({ set: again }));
}
