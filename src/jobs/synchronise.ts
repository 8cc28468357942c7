/** Asks the providers about whatever has been silent for too long, and books what they say. */
import { and, eq, inArray, ne } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions as others } from "../../db/schema/payments.ts";
import { dueAttempts, postponeAttempt } from "../../db/statements/attempt.ts";
import { dueRefunds, postponeRefund } from "../../db/statements/refund.ts";
import { recordAnomaly } from "../payments/anomalies.ts";
import { pursueClosing } from "../payments/attempts/close-attempt.ts";
import { type AttemptRow, attemptRef } from "../payments/attempts/view.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueAutomaticRefund } from "../payments/refunds/automatic-refund.ts";
import { askForRefund, isOnTheWay } from "../payments/refunds/query-refund.ts";
import type { RefundRow } from "../payments/refunds/view.ts";
import { applyTradeView } from "../payments/settlement.ts";
import { eachApart } from "./each.ts";

/** After so long a refund that its provider has not confirmed, or not finished, is an operator's to look at. */
const REFUND_DOUBT_HOURS = { CREATED: 6, PROCESSING: 7 * 24 } as const;

/** The same for an attempt, counted from its deadline. */
const PAYMENT_DOUBT_HOURS = 1;

/** Attempts in doubt: asked, closed when their order has ended, refunded when their money is owed back. */
export async function synchroniseAttempts(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueAttempts(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "attempt", due, (attempt) => synchronise(ctx, attempt));
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

async function synchronise(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (attempt.state === "SUCCESS") return await pursueAutomaticRefund(ctx, attempt);
  await postponeAttempt(ctx.db, attempt.outTradeNo, attempt.checks, nextCheck(ctx, attempt.checks));
  const current = { ...attempt, checks: attempt.checks + 1 };
  if (attempt.state === "CLOSING" || (await isOver(ctx, attempt))) {
    const closing = await pursueClosing(ctx, current);
    if (closing === "in_doubt") await reportDoubt(ctx, attempt);
    return;
  }
  const answer = await ctx.providers.get(attempt.provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok") await applyTradeView(ctx, attempt.provider, attempt.outTradeNo, answer.value);
}

/** An attempt that no answer has ended though its time is long over is for a person to look at. */
async function reportDoubt(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (hoursSince(ctx, attempt.expiresAt) < PAYMENT_DOUBT_HOURS) return;
  const { provider, orderId, outTradeNo, state, amount } = attempt;
  await recordAnomaly(ctx, {
    kind: "PAYMENT_IN_DOUBT",
    number: outTradeNo,
    provider,
    orderId,
    outTradeNo,
    amounts: { amount },
    detail: { state },
  });
}

function hoursSince(ctx: PaymentContext, moment: Date): number {
  return (ctx.now() - moment.getTime()) / 3_600_000;
}

/** Whether nobody is to pay by this attempt any more: its time is over, its order has ended, or a newer one is open. */
async function isOver(ctx: PaymentContext, attempt: AttemptRow): Promise<boolean> {
  if (attempt.expiresAt < presentOf(ctx)) return true;
  const rows = await read(() =>
    ctx.db
      .select({ order: orders.state, other: others })
      .from(orders)
      .leftJoin(
        others,
        and(
          eq(others.orderId, orders.id),
          ne(others.outTradeNo, attempt.outTradeNo),
          inArray(others.state, ["CREATED", "PENDING"]),
        ),
      )
      .where(eq(orders.id, attempt.orderId)),
  );
  return rows.some(({ order, other }) => {
    return order === "PAID" || order === "CLOSED" || (other !== null && isNewer(other, attempt));
  });
}

/** Which of two open attempts stays; of two made in the same millisecond, the greater number. */
function isNewer(other: AttemptRow, attempt: AttemptRow): boolean {
  const apart = other.createdAt.getTime() - attempt.createdAt.getTime();
  return apart > 0 || (apart === 0 && other.outTradeNo > attempt.outTradeNo);
}
