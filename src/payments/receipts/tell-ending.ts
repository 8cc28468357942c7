/** What follows once it is clear what has become of money beside its order. All of it may be done again. */
import { and, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import type { EventKind } from "../../../db/schema/history.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import { declineRefund } from "../../../db/statements/refund-books.ts";
import { closeAnomaliesOf, type Resolution } from "../anomalies.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { type PaymentContext, presentOf, SYSTEM } from "../context.ts";
import { recordEvent } from "../events.ts";
import { anomaliesOfMoney, RECEIPT_ANOMALIES } from "../unapplied.ts";

const ENDINGS = {
  applied: { event: "payment.applied_late", reason: "applied to its order" },
  refunded: { event: "payment.refunded", reason: "refunded" },
  written_off: { event: "payment.written_off", reason: "written off" },
} as const satisfies Record<string, { event: EventKind; reason: string }>;

export type Ending = keyof typeof ENDINGS;

/**
 * Writes the event and resolves the anomalies about the money, in the name of the operator who decided or of the system.
 * That other money was reported under its number, only an operator can say to be done with.
 */
export async function tellEnding(
  ctx: PaymentContext,
  attempt: AttemptRow,
  ending: Ending,
  resolution: Resolution = { by: SYSTEM, reason: ENDINGS[ending].reason },
): Promise<void> {
  const { outTradeNo, orderId, received, unappliedReason } = attempt;
  const detail = { outTradeNo, reason: unappliedReason };
  await recordEvent(ctx, { kind: ENDINGS[ending].event, subject: outTradeNo, orderId, amounts: { received }, detail });
  const kinds = resolution.by === SYSTEM ? anomaliesOfMoney(unappliedReason) : RECEIPT_ANOMALIES;
  await closeAnomaliesOf(ctx, attempt, kinds, resolution);
  if (ending !== "refunded") await dropUnsentRefunds(ctx, attempt, resolution.by);
}

/** An automatic refund that was written down and never reserved: it can't be any more. */
async function dropUnsentRefunds(ctx: PaymentContext, attempt: AttemptRow, decidedBy: string): Promise<void> {
  const { orderId, outTradeNo, origin, state } = refundRecords;
  const mine = and(eq(orderId, attempt.orderId), eq(outTradeNo, attempt.outTradeNo));
  const unsent = await read(() =>
    ctx.db
      .select({ id: refundRecords.id })
      .from(refundRecords)
      .where(and(mine, eq(origin, "AUTOMATIC"), eq(state, "REQUESTED"))),
  );
  const decision = { decidedBy, failureCode: "RECEIPT_DECIDED" };
  for (const { id } of unsent) await declineRefund(ctx.db, id, decision, presentOf(ctx));
}
