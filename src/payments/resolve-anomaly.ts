import { eq } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { anomalies } from "../../db/schema/records.ts";
import { PayError } from "../errors.ts";
import { type AnomalyRow, closeAnomaly } from "./anomalies.ts";
import { findAttempt } from "./attempts/record.ts";
import type { Actor, PaymentContext } from "./context.ts";
import { recordAction } from "./operator-actions.ts";
import { RECEIPT_ANOMALIES } from "./unapplied.ts";

/**
 * An operator says that an anomaly needs nobody any more, and why. Seen again it is open again. Returns it as it is then.
 * Repeatable. Throws ANOMALY_NOT_FOUND, and ANOMALY_UNDECIDED while the money that it is about waits for an operator's word.
 */
export async function resolveAnomaly(
  ctx: PaymentContext,
  actor: Actor,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<AnomalyRow> {
  const anomaly = await getAnomaly(ctx, id);
  if (anomaly.state === "RESOLVED") return anomaly;
  if (await isAboutHeldMoney(ctx, anomaly)) throw new PayError("ANOMALY_UNDECIDED");
  const { orderId, kind, seen } = anomaly;
  const change = { before: { state: "OPEN", kind, seen }, after: { state: "RESOLVED" } };
  await recordAction(ctx, actor, { action: "anomalies.resolve", subject: id, orderId, reason, ...change });
  await closeAnomaly(ctx, id, { by: actor.id, reason });
  return await getAnomaly(ctx, id);
}

async function getAnomaly(ctx: PaymentContext, id: string): Promise<AnomalyRow> {
  const [anomaly] = await read(() => ctx.db.select().from(anomalies).where(eq(anomalies.id, id)));
  if (!anomaly) throw new PayError("ANOMALY_NOT_FOUND");
  return anomaly;
}

/** Held money is only seen through its anomaly. */
async function isAboutHeldMoney(ctx: PaymentContext, { kind, outTradeNo }: AnomalyRow): Promise<boolean> {
  if (outTradeNo === null || !RECEIPT_ANOMALIES.includes(kind)) return false;
  const attempt = await findAttempt(ctx, outTradeNo);
  if (attempt?.disposition !== "UNAPPLIED" || attempt.policy !== "HOLD") return false;
  return attempt.refunded < attempt.received;
}
