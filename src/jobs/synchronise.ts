/** Asks the providers about whatever has been silent for too long, and books what they say. */
import { read } from "../../db/run.ts";
import { dueAttempts, postponeAttempt } from "../../db/statements/attempt.ts";
import { dueRefunds, postponeRefund } from "../../db/statements/refund.ts";
import { recordAnomaly } from "../payments/anomalies.ts";
import { overAt } from "../payments/attempts/closing.ts";
import { confirmPayment } from "../payments/attempts/confirm-payment.ts";
import { reportDoubt } from "../payments/attempts/doubt.ts";
import { type AttemptRow, attemptKey, attemptRef, isOpen } from "../payments/attempts/view.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueAutomaticRefund } from "../payments/refunds/automatic-refund.ts";
import { askForRefund, isOnTheWay } from "../payments/refunds/query-refund.ts";
import type { RefundRow } from "../payments/refunds/view.ts";
import { applyTradeView } from "../payments/settlement.ts";
import { eachApart } from "./each.ts";
import { areOver, endAttempt, hoursSince, isOverdue } from "./ending.ts";
import { synchroniseCombined } from "./synchronise-combined.ts";

/** After so long a refund that its provider has not confirmed, or not finished, is an operator's to look at. */
const REFUND_DOUBT_HOURS = { CREATED: 6, PROCESSING: 7 * 24 } as const;

/**
 * Attempts in doubt: asked, closed when their order has ended, refunded when their money is owed back, confirmed when it
 * came while they were being cancelled.
 */
export async function synchroniseAttempts(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueAttempts(ctx.db, presentOf(ctx), limit));
  await eachApart(ctx, "attempt", due.filter(isFirstOfItsPayment), (attempt) => synchronise(ctx, attempt));
  return due.length;
}

/** The open attempts of a combined payment are asked for together, on behalf of the first of them. */
function isFirstOfItsPayment(attempt: AttemptRow, index: number, due: readonly AttemptRow[]): boolean {
  if (attempt.combineOutTradeNo === null || !isOpen(attempt.state)) return true;
  const first = due.findIndex((each) => each.combineOutTradeNo === attempt.combineOutTradeNo && isOpen(each.state));
  return first === index;
}

/** Refunds on their way: asked, sent again when they never arrived. */
export async function synchroniseRefunds(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueRefunds(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "refund", due, (refund) => synchroniseRefund(ctx, refund));
}

/** The next look is put off before this one is taken: one row's trouble must not keep others from their turn. */
async function synchroniseRefund(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  if ((await postponeRefund(ctx.db, refund.id, refund.checks, nextCheck(ctx, refund.checks))) === 0) return;
  const asked = await askForRefund(ctx, { ...refund, checks: refund.checks + 1 });
  const doubtful = asked.state === "CREATED" ? REFUND_DOUBT_HOURS.CREATED : REFUND_DOUBT_HOURS.PROCESSING;
  if (!isOnTheWay(asked) || hoursSince(ctx, asked.createdAt) < doubtful) return;
  await recordAnomaly(ctx, {
    kind: "REFUND_IN_DOUBT",
    number: asked.outRefundNo,
    provider: asked.provider,
    orderId: asked.orderId,
    outTradeNo: asked.outTradeNo,
    refundId: asked.id,
    amounts: { amount: asked.amount },
    detail: { state: asked.state },
  });
}

/** An attempt that is over soon is looked at then, and not only when its turn would come. */
function nextLook(ctx: PaymentContext, attempt: AttemptRow): Date {
  const next = nextCheck(ctx, attempt.checks);
  const over = overAt(attempt);
  return over > presentOf(ctx) && over < next ? over : next;
}

/** A row may have been read a while ago: when its next look can't be put off any more, it has moved on without us. */
async function synchronise(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (attempt.state === "SUCCESS") return await followUp(ctx, attempt);
  if (attempt.combineOutTradeNo !== null)
    return await synchroniseCombined(ctx, attempt.combineOutTradeNo, attempt.checks);
  if ((await postponeAttempt(ctx.db, attempt, nextLook(ctx, attempt))) === 0) return;
  const current = { ...attempt, checks: attempt.checks + 1 };
  const isOver = attempt.state === "CLOSING" || overAt(attempt) <= presentOf(ctx) || (await areOver(ctx, [attempt]));
  if (isOver) return await endAttempt(ctx, current);
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok") await applyTradeView(ctx, attemptKey(attempt), answer.value);
}

/** Money that has come: it goes back when it is owed, or it is looked at once more when it was to go back. */
async function followUp(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (attempt.disposition !== "APPLIED") return await pursueAutomaticRefund(ctx, attempt);
  if ((await confirmPayment(ctx, attempt)) || !isOverdue(ctx, attempt)) return;
  await reportDoubt(ctx, attempt);
}
