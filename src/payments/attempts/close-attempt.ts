import { beginClosingAttempt, closeAttempt, postponeAttempt } from "../../../db/statements/attempt.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { applyTradeView } from "../settlement.ts";
import { type AttemptRow, attemptRef } from "./view.ts";

/**
 * What became of closing an attempt. `closed`: it can't be paid any more. `watched`: the provider knows no such
 * trade yet; it stays CLOSING until its deadline has passed, and money that comes is booked. `paid`: too late.
 * `in_doubt`: the provider has not said; a job asks again.
 */
export type Closing = "closed" | "watched" | "paid" | "in_doubt";

/** How long after its deadline an attempt that nobody opened is still watched. */
const WATCH_MARGIN_SECONDS = 600;

/** Closes an open attempt: CLOSING in the books first, then at the provider, then what the provider says. */
export async function pursueClosing(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  if (attempt.state !== "CLOSING") {
    await beginClosingAttempt(ctx.db, attempt.outTradeNo, nextCheck(ctx, 0));
  }
  const provider = ctx.providers.get(attempt.provider);
  const answer = await provider.close(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok" && answer.value === "closed") return await finish(ctx, attempt);
  if (answer.kind === "ok" && answer.value === "not_started") return await watch(ctx, attempt);
  if (answer.kind === "later") return "in_doubt";
  return await askInstead(ctx, attempt);
}

async function finish(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const matched = await closeAttempt(ctx.db, attempt, presentOf(ctx));
  return matched > 0 ? "closed" : await askInstead(ctx, attempt);
}

async function watch(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const until = new Date(attempt.expiresAt.getTime() + WATCH_MARGIN_SECONDS * 1000);
  if (until <= presentOf(ctx)) return await finish(ctx, attempt);
  await postponeAttempt(ctx.db, attempt.outTradeNo, attempt.state === "CLOSING" ? attempt.checks : 0, until);
  return "watched";
}

/** Whatever else closing answers, only a query says how the trade stands. */
async function askInstead(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const provider = ctx.providers.get(attempt.provider);
  const answer = await provider.query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") return "in_doubt";
  const applied = await applyTradeView(ctx, attempt.provider, attempt.outTradeNo, answer.value);
  if (answer.value.status === "closed") return "closed";
  return applied === "unchanged" ? "in_doubt" : "paid";
}
