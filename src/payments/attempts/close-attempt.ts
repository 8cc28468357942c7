import { beginClosingAttempt, closeAttempt, postponeAttempt } from "../../../db/statements/attempt.ts";
import type { GivenBack } from "../../providers/trade.ts";
import { pursueCombinedClosing } from "../combined/pursue-closing.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { applyTradeView } from "../settlement.ts";
import { setAside } from "../unapplied.ts";
import { type Closing, isCancelled, watchedUntil } from "./closing.ts";
import { findAttempt } from "./record.ts";
import { type AttemptRow, attemptKey, attemptRef } from "./view.ts";

/**
 * Closes an open attempt: CLOSING in the books first, then at the provider, then what the provider says. An attempt that
 * is a part of a combined payment is closed with all of it. Safe to repeat, also when it is closed already: the provider
 * may have heard of the trade only after it was told to close it. Nothing is sent once money is booked.
 */
export async function pursueClosing(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  if (attempt.combineOutTradeNo !== null) return await pursueCombinedClosing(ctx, attempt.combineOutTradeNo);
  const unpaid = await beginClosing(ctx, attempt);
  if (!unpaid) return "paid";
  const answer = await ctx.providers.get(unpaid.provider).close(attemptRef(unpaid), callContext(ctx, false));
  if (answer.kind === "later") return "in_doubt";
  if (answer.kind !== "ok") return await afterSilence(ctx, unpaid);
  switch (answer.value) {
    case "closed":
      return await finish(ctx, unpaid);
    case "not_started":
      return await watch(ctx, unpaid);
    case "paid":
      return await askInstead(ctx, unpaid);
    default:
      return await bookGivenBack(ctx, unpaid, answer.value);
  }
}

/**
 * The attempt as the books have it while nobody is to pay by it any more; undefined once its money is booked. What a caller
 * has read may be old: the row decides.
 */
async function beginClosing(ctx: PaymentContext, attempt: AttemptRow): Promise<AttemptRow | undefined> {
  if (attempt.state === "CREATED" || attempt.state === "PENDING") {
    const nextCheckAt = nextCheck(ctx, 0);
    const begun = await beginClosingAttempt(ctx.db, attempt.outTradeNo, nextCheckAt);
    if (begun > 0) return { ...attempt, state: "CLOSING", nextCheckAt, checks: 0 };
  }
  const current = await findAttempt(ctx, attempt.outTradeNo);
  return current?.state === "SUCCESS" ? undefined : current;
}

async function finish(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const matched = await closeAttempt(ctx.db, attemptKey(attempt), presentOf(ctx));
  return matched > 0 ? "closed" : await askInstead(ctx, attempt);
}

async function watch(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const until = watchedUntil(attempt.expiresAt);
  if (until <= presentOf(ctx)) return await finish(ctx, attempt);
  await postponeAttempt(ctx.db, attempt, until);
  return "watched";
}

/**
 * Closing gave money back that had come. Whatever the trade is called by a query or a notice, this money never pays an
 * order. The provider has not said when it had come.
 */
async function bookGivenBack(ctx: PaymentContext, attempt: AttemptRow, given: GivenBack): Promise<Closing> {
  const money = { providerTradeNo: given.providerTradeNo, amount: attempt.amount, paidAt: presentOf(ctx) };
  await setAside(ctx, attempt, money, "GONE_BACK");
  return "closed";
}

/** A cancel without an answer may yet give money back that a query still shows: the next look is soon enough. */
async function afterSilence(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  return isCancelled(attempt.method) ? "in_doubt" : await askInstead(ctx, attempt);
}

/** Whatever else closing answers, only a query says how the trade stands. */
async function askInstead(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") return "in_doubt";
  const speaker = isCancelled(attempt.method) ? "who_ends_it" : "anybody";
  const applied = await applyTradeView(ctx, attemptKey(attempt), answer.value, speaker);
  if (answer.value.status === "closed") return "closed";
  return applied === "unchanged" ? "in_doubt" : "paid";
}
