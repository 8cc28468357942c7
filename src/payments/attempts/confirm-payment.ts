import { postponeAttempt } from "../../../db/statements/attempt.ts";
import { endConfirmation } from "../../../db/statements/settle.ts";
import { callContext, nextCheck, type PaymentContext } from "../context.ts";
import { bookGoneBackLater } from "../unapplied.ts";
import { type AttemptRow, attemptRef } from "./view.ts";

/**
 * Looks once more at money that has paid its order while somebody was cancelling it: a cancel that was on its way may have
 * given it back since. Then the order stays PAID, and an operator hears of it. Returns false as long as the provider does
 * not say.
 */
export async function confirmPayment(ctx: PaymentContext, attempt: AttemptRow): Promise<boolean> {
  if ((await postponeAttempt(ctx.db, attempt, nextCheck(ctx, attempt.checks))) === 0) return true;
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") return false;
  const { value: trade } = answer;
  if (trade.status === "pending" || trade.status === "not_found") return false;
  if (trade.status === "refunded") await bookGoneBackLater(ctx, attempt, trade.goneBack);
  if (trade.status === "closed") await bookGoneBackLater(ctx, attempt, attempt.received);
  await endConfirmation(ctx.db, attempt.outTradeNo);
  return true;
}
