import { eq } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { declineRefund, reserveRefund } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { assertSendOver } from "../resend.ts";
import { type DividedRow, divideAnew, PAID_BY, refundValue } from "./divide-refund.ts";
import { limitReached, rulesAt } from "./limits.ts";
import { getRefundRow } from "./record.ts";
import { sendInTurn } from "./send-in-turn.ts";
import { pointsLeft, standingOf, valueLeft } from "./split.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

/** Refunds of one order that are reserved at the same time get in each other's way, one of them never. */
const RESERVE_TRIES = 5;

/**
 * Reserves a refund's money, points and pieces, then asks the provider for it as soon as it is its turn. Throws
 * REFUND_EXCEEDS_PAYMENT or REFUND_ITEMS_EXCEED_ORDER when that much is not left, REFUND_WINDOW_OVER or
 * REFUND_PARTS_USED_UP when the provider takes none any more; the refund is then CLOSED. Throws REQUEST_IN_PROGRESS when
 * others were reserved all the time; it stays REQUESTED.
 * @param drawnUp the refund as it was divided just now, its entries written; else it is divided anew
 */
export async function reserveAndSend(
  ctx: PaymentContext,
  refund: RefundRow,
  decidedBy: string,
  drawnUp?: DividedRow,
): Promise<RefundRecordView> {
  let divided = drawnUp ?? (await divideAnew(ctx, refund));
  for (let round = 1; ; round++) {
    const now = presentOf(ctx);
    const result = await reserve(ctx, divided, decidedBy, now);
    if (typeof result !== "string") return await sendInTurn(ctx, result, { repeat: false });
    const current = await getRefundRow(ctx, refund.id);
    // By this very call, when only the answer was lost: then nobody is sending it.
    if (current.decidedAt?.getTime() === now.getTime()) return await refundView(ctx, current);
    if (current.state !== "REQUESTED") return await viewOfReserved(ctx, current);
    const reason = await explain(ctx, current, now);
    if (reason) throw await giveUp(ctx, current, decidedBy, reason);
    if (result === "check") throw await giveUp(ctx, current, decidedBy, new PayError("REFUND_ITEMS_EXCEED_ORDER"));
    if (round >= RESERVE_TRIES) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    // Whatever was in the way is gone by the time it is looked at, or another refund has gone before.
    divided = await divideAnew(ctx, current);
  }
}

/**
 * A refund that is reserved, or declined, already. Throws REQUEST_IN_PROGRESS while another call of the request that decided
 * it may be sending it. Operators who decide beside each other don't repeat each other's calls.
 */
export async function viewOfReserved(ctx: PaymentContext, refund: RefundRow): Promise<RefundRecordView> {
  const isOwnDecision = refund.requestKey !== null && refund.requestedBy === refund.decidedBy;
  const { state, decidedAt, createdAt } = refund;
  if (state === "CREATED" && isOwnDecision) assertSendOver(ctx, decidedAt ?? createdAt);
  return await refundView(ctx, refund);
}

/** The refund as it is once reserved, or why it is not. */
async function reserve(ctx: PaymentContext, { refund, standing }: DividedRow, decidedBy: string, now: Date) {
  const { refundLimits } = ctx.providers.get(refund.provider);
  const waits = refundLimits.secondsApart !== null;
  const decision = { decidedBy, now, nextCheckAt: nextCheck(ctx, 0), waits };
  const seen = standing && { ...standing, amount: refund.amount, points: refund.points };
  try {
    const matched = await reserveRefund(ctx.db, refund.id, decision, rulesAt(refundLimits, now), seen);
    if (matched === 0) return "no_match";
  } catch (error) {
    if (error instanceof CheckRefused) return "check";
    throw error;
  }
  const reserved = { state: "CREATED" as const, decidedBy, decidedAt: now, nextCheckAt: decision.nextCheckAt };
  return { ...refund, ...reserved, waitingSince: waits ? now : null };
}

/** What in the payment forbids the refund; undefined when it is not the payment. */
async function explain(ctx: PaymentContext, refund: RefundRow, now: Date): Promise<PayError | undefined> {
  const [paid] = await read(() =>
    ctx.db
      .select(PAID_BY)
      .from(orders)
      .leftJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, refund.outTradeNo))
      .where(eq(orders.id, refund.orderId)),
  );
  if (!paid) return new PayError("REFUND_EXCEEDS_PAYMENT");
  const { attempt } = paid;
  const standing = refund.applied ? standingOf(paid) : undefined;
  if (standing && refundValue(refund) > valueLeft(standing)) return new PayError("REFUND_EXCEEDS_PAYMENT");
  if (!attempt) return undefined;
  const left = attempt.received - attempt.refunded - attempt.refunding;
  const inPoints = standing ? pointsLeft(standing) : 0;
  if (refundValue(refund) > left + inPoints) return new PayError("REFUND_EXCEEDS_PAYMENT");
  const isWithdrawn = refund.origin === "AUTOMATIC" && attempt.policy !== "REFUND";
  if (isWithdrawn || refund.applied !== (attempt.disposition === "APPLIED")) return new PayError("RECEIPT_DECIDED");
  return limitReached(attempt, ctx.providers.get(refund.provider).refundLimits, now);
}

async function giveUp(ctx: PaymentContext, refund: RefundRow, decidedBy: string, reason: PayError): Promise<PayError> {
  await declineRefund(ctx.db, refund.id, { decidedBy, failureCode: reason.code }, presentOf(ctx));
  return reason;
}
