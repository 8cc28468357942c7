/**
 * Payments in question: they are being cancelled, or were, and are said to be paid. What was said may be older than the
 * cancel, which gives money back.
 */
import { postponeAttempt } from "../../../db/statements/attempt.ts";
import type { AttemptKey } from "../../../db/statements/settle.ts";
import type { Receipt } from "../../providers/trade.ts";
import { callContext, nextCheck, type PaymentContext } from "../context.ts";
import { applyTradeView, type Settlement } from "../settlement.ts";
import { setAside } from "../unapplied.ts";
import { reportDoubt } from "./doubt.ts";
import { findAttempt } from "./record.ts";
import { type AttemptRow, attemptRef } from "./view.ts";

/**
 * Books money that a callback told of. While the payment is being cancelled the callback has to come again, and whoever
 * cancels asks first; afterwards the provider is asked at once. Throws when the callback has to come again.
 */
export async function settleInQuestion(
  ctx: PaymentContext,
  named: AttemptKey,
  told: Receipt,
): Promise<Settlement | "closed" | "unchanged"> {
  const attempt = await findAttempt(ctx, named.outTradeNo);
  if (!attempt) return "unknown_trade";
  if (attempt.state !== "CLOSED" && attempt.state !== "FAILED") {
    await lookSoon(ctx, attempt);
    throw new Error("the payment is being cancelled");
  }
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok" && "receipt" in answer.value) {
    return await applyTradeView(ctx, named, answer.value, "who_ends_it");
  }
  // It was paid once and is closed now: a cancel has given the money back.
  if (answer.kind === "ok" && answer.value.status === "closed") return await setAside(ctx, attempt, told, "GONE_BACK");
  await reportDoubt(ctx, attempt);
  throw new Error("the provider does not say how a payment stands that it told of");
}

/** Brings the next look at a payment forward that is being cancelled: it may have been paid all the same. */
export async function lookSoon(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  const soon = nextCheck(ctx, 0);
  if (attempt.state !== "CLOSING" || attempt.nextCheckAt === null || attempt.nextCheckAt <= soon) return;
  await postponeAttempt(ctx.db, attempt, soon);
}
