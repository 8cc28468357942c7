import { beginClosingCombined, closeCombinedAttempts, postponeCombined } from "../../../db/statements/combined.ts";
import { type Closing, watchedUntil } from "../attempts/closing.ts";
import { isOpen } from "../attempts/view.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { askForCombined } from "./ask-combined.ts";
import { type Combined, combinedPaymentsOf, combinedRef, findCombined, sendable } from "./record.ts";

/**
 * Closes a combined payment with all of its trades: CLOSING in the books first, then at the provider, then what the
 * provider says. Its orders stay as they are. Safe to repeat, also when all is closed already: the provider may have
 * heard of the trades only after it was told to close them.
 */
export async function pursueCombinedClosing(ctx: PaymentContext, combineOutTradeNo: string): Promise<Closing> {
  await beginClosingCombined(ctx.db, combineOutTradeNo, nextCheck(ctx, 0));
  const combined = await findCombined(ctx, { combineOutTradeNo });
  if (!combined) throw new Error("a combined payment is missing from the books");
  const provider = combinedPaymentsOf(ctx, combined.payment.provider);
  const answer = await provider.close(combinedRef(sendable(combined)), callContext(ctx, false));
  if (answer.kind === "ok" && answer.value === "closed") return await finish(ctx, combined);
  if (answer.kind === "later") return "in_doubt";
  return await askInstead(ctx, combined);
}

async function finish(ctx: PaymentContext, combined: Combined): Promise<Closing> {
  const matched = await closeCombinedAttempts(ctx.db, combined.payment.combineOutTradeNo, presentOf(ctx));
  return matched > 0 ? "closed" : await lookAgain(ctx, combined);
}

/** Whatever else closing answers, only a query says how the trades stand. */
async function askInstead(ctx: PaymentContext, combined: Combined): Promise<Closing> {
  const asked = await askForCombined(ctx, combined);
  if (asked.kind !== "ok" || asked.standing === "unchanged") return "in_doubt";
  return asked.standing === "not_found" ? await watch(ctx, combined) : await lookAgain(ctx, combined);
}

/** A request that is still on its way may make the trades; after their deadline none can be paid. */
async function watch(ctx: PaymentContext, combined: Combined): Promise<Closing> {
  const { combineOutTradeNo, expiresAt } = combined.payment;
  const until = watchedUntil(expiresAt);
  if (until <= presentOf(ctx)) return await finish(ctx, combined);
  await postponeCombined(ctx.db, combineOutTradeNo, { checks: 0, nextCheckAt: until, dueBefore: until });
  return "watched";
}

/** What the books say now of all attempts together. One that is open is in doubt, though others are paid. */
async function lookAgain(ctx: PaymentContext, combined: Combined): Promise<Closing> {
  const now = await findCombined(ctx, { combineOutTradeNo: combined.payment.combineOutTradeNo });
  const states = now?.parts.map(({ attempt }) => attempt.state) ?? [];
  if (states.some(isOpen)) return "in_doubt";
  return states.includes("SUCCESS") ? "paid" : "closed";
}
