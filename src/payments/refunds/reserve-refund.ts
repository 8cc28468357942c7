import { eq } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { declineRefund, reserveRefund } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { limitReached, rulesAt } from "./limits.ts";
import { getRefundRow } from "./record.ts";
import { sendRefund } from "./send-refund.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

const RESERVE_TRIES = 2;

/**
 * Reserves a refund's money and pieces, then asks the provider for it. Throws REFUND_EXCEEDS_PAYMENT or
 * REFUND_ITEMS_EXCEED_ORDER when that much is not left, REFUND_WINDOW_OVER or REFUND_PARTS_USED_UP when the provider takes
 * none any more; the refund is then CLOSED. Throws REFUND_TOO_SOON when it has to wait; it stays REQUESTED.
 */
export async function reserveAndSend(
  ctx: PaymentContext,
  refund: RefundRow,
  decidedBy: string,
): Promise<RefundRecordView> {
  for (let round = 1; ; round++) {
    const now = presentOf(ctx);
    const result = await reserve(ctx, refund, decidedBy, now);
    if (result === "reserved") {
      const reserved = { ...refund, state: "CREATED" as const, decidedAt: now, nextCheckAt: nextCheck(ctx, 0) };
      return await sendRefund(ctx, reserved, { firstSend: true, repeat: false });
    }
    const current = await getRefundRow(ctx, refund.id);
    if (current.state !== "REQUESTED") return refundView(current);
    const reason = await explain(ctx, refund, now);
    // Whatever was in the way may be gone by the time it is looked at.
    if (!reason && result === "no_match" && round < RESERVE_TRIES) continue;
    throw await giveUp(ctx, refund, decidedBy, reason ?? new PayError("REFUND_ITEMS_EXCEED_ORDER"));
  }
}

async function reserve(ctx: PaymentContext, refund: RefundRow, decidedBy: string, now: Date) {
  const rules = rulesAt(ctx.providers.get(refund.provider).refundLimits, now);
  try {
    const decision = { decidedBy, now, nextCheckAt: nextCheck(ctx, 0) };
    return (await reserveRefund(ctx.db, refund.id, decision, rules)) > 0 ? "reserved" : "no_match";
  } catch (error) {
    if (error instanceof CheckRefused) return "check";
    throw error;
  }
}

/** What in the payment forbids the refund; undefined when it is not the payment. */
async function explain(ctx: PaymentContext, refund: RefundRow, now: Date): Promise<PayError | undefined> {
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, refund.outTradeNo)),
  );
  const left = attempt ? attempt.received - attempt.refunded - attempt.refunding : 0;
  if (!attempt || refund.amount > left) return new PayError("REFUND_EXCEEDS_PAYMENT");
  return limitReached(attempt, ctx.providers.get(refund.provider).refundLimits, now);
}

/** Time passes by itself; anything else that is in the way ends the refund. */
async function giveUp(ctx: PaymentContext, refund: RefundRow, decidedBy: string, reason: PayError): Promise<PayError> {
  if (reason.code === "REFUND_TOO_SOON") return reason;
  await declineRefund(ctx.db, refund.id, { decidedBy, failureCode: reason.code }, presentOf(ctx));
  return reason;
}
