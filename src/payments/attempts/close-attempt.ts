import { beginClosingAttempt, closeAttempt, postponeAttempt } from "../../../db/statements/attempt.ts";
import { recordAnomaly } from "../anomalies.ts";
import { pursueCombinedClosing } from "../combined/pursue-closing.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { applyTradeView } from "../settlement.ts";
import { type Closing, watchedUntil } from "./closing.ts";
import { type AttemptRow, attemptRef } from "./view.ts";

/**
 * Closes an open attempt: CLOSING in the books first, then at the provider, then what the provider says. An attempt that
 * is a part of a combined payment is closed with all of it.
 */
export async function pursueClosing(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  if (attempt.combineOutTradeNo !== null) return await pursueCombinedClosing(ctx, attempt.combineOutTradeNo);
  if (attempt.state !== "CLOSING") {
    await beginClosingAttempt(ctx.db, attempt.outTradeNo, nextCheck(ctx, 0));
  }
  const provider = ctx.providers.get(attempt.provider);
  const answer = await provider.close(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok" && answer.value === "closed") return await finish(ctx, attempt);
  if (answer.kind === "ok" && answer.value === "not_started") return await watch(ctx, attempt);
  if (answer.kind === "ok" && answer.value === "refunded") return await bookGivenBack(ctx, attempt);
  if (answer.kind === "later") return "in_doubt";
  return await askInstead(ctx, attempt);
}

async function finish(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const { provider, outTradeNo, method } = attempt;
  const matched = await closeAttempt(ctx.db, { provider, outTradeNo, methods: [method] }, presentOf(ctx));
  return matched > 0 ? "closed" : await askInstead(ctx, attempt);
}

async function watch(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const until = watchedUntil(attempt.expiresAt);
  if (until <= presentOf(ctx)) return await finish(ctx, attempt);
  await postponeAttempt(ctx.db, attempt.outTradeNo, attempt.state === "CLOSING" ? attempt.checks : 0, until);
  return "watched";
}

/**
 * Closing gave money back that had come. Whatever the trade is still called by a query, this money never pays an order.
 * The query only fills in the receipt; without one an operator hears of it.
 */
async function bookGivenBack(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const { provider, outTradeNo, orderId, method, amount } = attempt;
  const answer = await ctx.providers.get(provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") return "in_doubt";
  if ("receipt" in answer.value) {
    const { receipt } = answer.value;
    await applyTradeView(ctx, provider, outTradeNo, { status: "refunded", receipt }, [method]);
    return "closed";
  }
  if (answer.value.status !== "closed") return "in_doubt";
  const about = { kind: "MONEY_GONE_BACK", number: outTradeNo, provider, orderId, outTradeNo } as const;
  await recordAnomaly(ctx, { ...about, amounts: { amount }, detail: {} });
  return await finish(ctx, attempt);
}

/** Whatever else closing answers, only a query says how the trade stands. */
async function askInstead(ctx: PaymentContext, attempt: AttemptRow): Promise<Closing> {
  const { provider, outTradeNo, method } = attempt;
  const answer = await ctx.providers.get(provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") return "in_doubt";
  const applied = await applyTradeView(ctx, provider, outTradeNo, answer.value, [method]);
  if (answer.value.status === "closed") return "closed";
  return applied === "unchanged" ? "in_doubt" : "paid";
}
