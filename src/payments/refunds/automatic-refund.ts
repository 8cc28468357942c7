/** Money that could not pay its order goes back by itself, under a number derived from its attempt. */
import { and, asc, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import { postponeAttempt } from "../../../db/statements/attempt.ts";
import { finishUnapplied } from "../../../db/statements/settle.ts";
import { fen } from "../../money.ts";
import { recordAnomaly } from "../anomalies.ts";
import { findAttempt } from "../attempts/record.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { nextCheck, type PaymentContext, SYSTEM } from "../context.ts";
import { automaticRefundNo } from "../ids.ts";
import { tellEnding } from "../receipts/tell-ending.ts";
import { seal } from "../sealed.ts";
import { isReleased, reportRefundDoubt } from "./doubt.ts";
import { externallyRefunded } from "./external-refund.ts";
import { askForRefund, isOnTheWay } from "./query-refund.ts";
import { getRefundRow, insertRefund, newRefund } from "./record.ts";
import { reserveAndSend } from "./reserve-refund.ts";
import { type RefundRow, refundField } from "./view.ts";

/** After so many definite failures an operator has to look. */
const MAX_GENERATIONS = 3;

/**
 * Takes the automatic refund of an unapplied attempt one step further: record it, send it, ask about it, or finish.
 * Any number of runs at once do the same as one. A next number is used only after the last one is CLOSED. An operator's word
 * is good for one try more than there are.
 */
export async function pursueAutomaticRefund(
  ctx: PaymentContext,
  attempt: AttemptRow,
  wantedBy: "system" | "operator" = "system",
): Promise<void> {
  const refunds = await automaticRefunds(ctx, attempt);
  const last = refunds.at(-1);
  if (last?.state === "SUCCESS") return await finish(ctx, attempt);
  await postponeAttempt(ctx.db, attempt, nextCheck(ctx, attempt.checks));
  // A refund that an operator gave up may have gone through: nobody but an operator lets another one follow.
  const isUsedUp = refunds.length >= MAX_GENERATIONS || (last !== undefined && isReleased(last));
  if (last && isOnTheWay(last)) await reportRefundDoubt(ctx, await askForRefund(ctx, last));
  else if (last?.state === "REQUESTED") await reserveAndSend(ctx, last, SYSTEM);
  else if (isUsedUp && wantedBy === "system") await giveToOperator(ctx, attempt);
  else await startRefund(ctx, attempt, refunds.length + 1);
}

function automaticRefunds(ctx: PaymentContext, attempt: AttemptRow): Promise<RefundRow[]> {
  return read(() =>
    ctx.db
      .select()
      .from(refundRecords)
      .where(
        and(
          eq(refundRecords.orderId, attempt.orderId),
          eq(refundRecords.outTradeNo, attempt.outTradeNo),
          eq(refundRecords.origin, "AUTOMATIC"),
        ),
      )
      .orderBy(asc(refundRecords.id)),
  );
}

/** The event first, so that the watch does not end without one. */
async function finish(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  await tellEnding(ctx, attempt, "refunded");
  const elsewhere = await externallyRefunded(ctx, attempt);
  await finishUnapplied(ctx.db, attempt.outTradeNo, { kind: "gone", elsewhere });
}

/**
 * What others have given back at the provider can't go back once more. The attempt is read again: what was read before its
 * refunds may still count one as under way that has failed since, and its money would seem to have gone back.
 */
async function startRefund(ctx: PaymentContext, { outTradeNo: owed }: AttemptRow, generation: number): Promise<void> {
  const attempt = await findAttempt(ctx, owed);
  if (!attempt || attempt.refunding > 0) return;
  const number = automaticRefundNo(attempt.outTradeNo, generation);
  const left = attempt.received - attempt.refunded - (await externallyRefunded(ctx, attempt));
  if (left <= 0) return await finish(ctx, attempt);
  const amount = fen(left);
  const reason = attempt.unappliedReason === "SECOND" ? "订单已支付，重复付款退回" : "订单已关闭，付款退回";
  const { orderId, userId, outTradeNo, provider } = attempt;
  const draft = { outRefundNo: number, outTradeNo, amount, total: attempt.received, reason };
  const field = (name: "request" | "reason") => refundField(name, { id: number });
  const refund = newRefund(ctx, {
    ...{ id: number, orderId, userId, outTradeNo, provider, outRefundNo: number },
    ...{ origin: "AUTOMATIC", applied: false, amount, requestedBy: SYSTEM, decidedBy: SYSTEM },
    reason: await seal(ctx, field("reason"), reason),
    request: await seal(ctx, field("request"), ctx.providers.get(provider).prepareRefund(draft)),
  });
  const isNew = await insertRefund(ctx, refund);
  await reserveAndSend(ctx, isNew ? refund : await getRefundRow(ctx, number), SYSTEM);
}

async function giveToOperator(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  await recordAnomaly(ctx, {
    kind: "REFUND_FAILED",
    number: attempt.outTradeNo,
    provider: attempt.provider,
    orderId: attempt.orderId,
    outTradeNo: attempt.outTradeNo,
    amounts: { received: attempt.received },
    detail: { tries: MAX_GENERATIONS },
  });
  await finishUnapplied(ctx.db, attempt.outTradeNo, { kind: "held" });
}
