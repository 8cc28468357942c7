/** Asks the providers about whatever has been silent for too long, and books what they say. */
import { eq } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { dueAttempts, postponeAttempt } from "../../db/statements/attempt.ts";
import { dueRefunds } from "../../db/statements/refund.ts";
import { pursueClosing } from "../payments/attempts/close-attempt.ts";
import { type AttemptRow, attemptRef } from "../payments/attempts/view.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueAutomaticRefund } from "../payments/refunds/automatic-refund.ts";
import { askForRefund } from "../payments/refunds/query-refund.ts";
import { applyTradeView } from "../payments/settlement.ts";
import { eachApart } from "./each.ts";

/** Attempts in doubt: asked, closed when their order has ended, refunded when their money is owed back. */
export async function synchroniseAttempts(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueAttempts(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "attempt", due, (attempt) => synchronise(ctx, attempt));
}

/** Refunds on their way: asked, sent again when they never arrived. */
export async function synchroniseRefunds(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueRefunds(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "refund", due, (refund) => askForRefund(ctx, refund));
}

async function synchronise(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (attempt.state === "SUCCESS") return await pursueAutomaticRefund(ctx, attempt);
  await postponeAttempt(ctx.db, attempt.outTradeNo, attempt.checks, nextCheck(ctx, attempt.checks));
  const current = { ...attempt, checks: attempt.checks + 1 };
  if (attempt.state === "CLOSING" || (await isOver(ctx, attempt))) {
    await pursueClosing(ctx, current);
    return;
  }
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok") await applyTradeView(ctx, attempt.provider, attempt.outTradeNo, answer.value);
}

/** Whether nobody is to pay by this attempt any more: its time is over, or its order has ended. */
async function isOver(ctx: PaymentContext, attempt: AttemptRow): Promise<boolean> {
  if (attempt.expiresAt < presentOf(ctx)) return true;
  const [order] = await read(() =>
    ctx.db.select({ state: orders.state }).from(orders).where(eq(orders.id, attempt.orderId)),
  );
  return order?.state === "PAID" || order?.state === "CLOSED";
}
