/** Points that were spent before the payment that had earned them was refunded. */
import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { events } from "../../../db/schema/history.ts";
import { lastPosted } from "../../../db/statements/points-journal.ts";
import { recordAnomaly } from "../anomalies.ts";
import type { PaymentContext } from "../context.ts";
import { recordEvent, subjectKey } from "../events.ts";
import { keptSince } from "../retention.ts";

interface Account {
  readonly balance: number;
  readonly held: number;
  readonly clawed: number;
}

/**
 * Tells once of the debt that the last clawback left or made larger. It is paid by the next points that come. By the shop's
 * policy an operator hears of it too.
 */
export async function reportDebt(ctx: PaymentContext, userId: string, account: Account): Promise<void> {
  const [last] = await read(() => lastPosted(ctx.db, userId, "CLAWBACK"));
  if (!last?.postedAt || last.postedAt < keptSince(ctx)) return;
  const { causeId: refundId, orderId } = last;
  const event = { kind: "points.debt" as const, subject: refundId };
  if (await isTold(ctx, subjectKey(event.kind, event.subject))) return;
  const debt = account.held + account.clawed - account.balance;
  const about = { ...(orderId !== null && { orderId }), detail: { user: userId, clawed: last.points, debt } };
  // The anomaly first: whoever finds the event told looks no further.
  if (ctx.settings.pointsShortage === "anomaly") {
    await recordAnomaly(ctx, { kind: "POINTS_SHORT", number: refundId, refundId, ...about });
  }
  await recordEvent(ctx, { ...event, ...about });
}

async function isTold(ctx: PaymentContext, key: string): Promise<boolean> {
  const told = await read(() => ctx.db.select({ id: events.id }).from(events).where(eq(events.subjectKey, key)));
  return told.length > 0;
}
