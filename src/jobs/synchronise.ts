/** Asks the providers about whatever has been silent for too long, and books what they say. */
import { read } from "../../db/run.ts";
import { dueAttempts, postponeAttempt } from "../../db/statements/attempt.ts";
import { dueRefunds } from "../../db/statements/refund.ts";
import { overAt } from "../payments/attempts/closing.ts";
import { confirmPayment } from "../payments/attempts/confirm-payment.ts";
import { reportDoubt } from "../payments/attempts/doubt.ts";
import { findAttempt } from "../payments/attempts/record.ts";
import { type AttemptRow, attemptKey, attemptRef, isOpen } from "../payments/attempts/view.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueReceipt } from "../payments/receipts/pursue-receipt.ts";
import { pursueRefund } from "../payments/refunds/pursue-refund.ts";
import { applyTradeView } from "../payments/settlement.ts";
import { eachApart } from "./each.ts";
import { areOver, endAttempt, isOverdue } from "./ending.ts";
import { synchroniseCombined } from "./synchronise-combined.ts";

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

/** Refunds on their way: sent when their turn has come, asked, sent again when they never arrived. */
export async function synchroniseRefunds(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueRefunds(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "refund", due, (refund) => pursueRefund(ctx, refund));
}

/** An attempt that is over soon is looked at then, and not only when its turn would come. */
function nextLook(ctx: PaymentContext, attempt: AttemptRow): Date {
  const next = nextCheck(ctx, attempt.checks);
  const over = overAt(attempt);
  return over > presentOf(ctx) && over < next ? over : next;
}

/** What fails at every look, such as an attempt by a provider that has been turned off, comes before an operator too. */
async function synchronise(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  try {
    await lookAt(ctx, attempt);
  } catch (error) {
    if (isOpen(attempt.state) && isOverdue(ctx, attempt)) await reportIfOpen(ctx, attempt);
    throw error;
  }
}

async function reportIfOpen(ctx: PaymentContext, { outTradeNo }: AttemptRow): Promise<void> {
  const current = await findAttempt(ctx, outTradeNo);
  if (current && isOpen(current.state)) await reportDoubt(ctx, current);
}

/** A row may have been read a while ago: when its next look can't be put off any more, it has moved on without us. */
async function lookAt(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
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

/** Money that has come: what is to become of it goes on, or it is looked at once more when it may have gone back. */
async function followUp(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  await pursueReceipt(ctx, attempt);
  if (attempt.disposition !== "APPLIED") return;
  if ((await confirmPayment(ctx, attempt)) || !isOverdue(ctx, attempt)) return;
  await reportDoubt(ctx, attempt);
}
