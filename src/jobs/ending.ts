/** Attempts that nobody is to pay by any more, and how they end. */
import { and, eq, inArray, notInArray } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions as others } from "../../db/schema/payments.ts";
import { pursueClosing } from "../payments/attempts/close-attempt.ts";
import { reportDoubt } from "../payments/attempts/doubt.ts";
import { type AttemptRow, isOpen } from "../payments/attempts/view.ts";
import { findCombined } from "../payments/combined/record.ts";
import { type PaymentContext, presentOf } from "../payments/context.ts";

/**
 * Whether nobody is to pay by these attempts any more, one alone or all of a combined payment: the time of one is over, its
 * order has ended, or a newer attempt is open for it.
 */
export async function areOver(ctx: PaymentContext, attempts: readonly AttemptRow[]): Promise<boolean> {
  if (attempts.some((attempt) => attempt.expiresAt < presentOf(ctx))) return true;
  const orderIds = attempts.map((attempt) => attempt.orderId);
  const numbers = attempts.map((attempt) => attempt.outTradeNo);
  const rows = await read(() =>
    ctx.db
      .select({ id: orders.id, state: orders.state, other: others })
      .from(orders)
      .leftJoin(
        others,
        and(
          eq(others.orderId, orders.id),
          notInArray(others.outTradeNo, numbers),
          inArray(others.state, ["CREATED", "PENDING"]),
        ),
      )
      .where(inArray(orders.id, orderIds)),
  );
  return rows.some(({ id, state, other }) => {
    if (state === "PAID" || state === "CLOSED") return true;
    const attempt = attempts.find((each) => each.orderId === id);
    return other !== null && attempt !== undefined && isNewer(other, attempt);
  });
}

/** Which of two open attempts stays; of two made in the same millisecond, the greater number. */
function isNewer(other: AttemptRow, attempt: AttemptRow): boolean {
  const apart = other.createdAt.getTime() - attempt.createdAt.getTime();
  return apart > 0 || (apart === 0 && other.outTradeNo > attempt.outTradeNo);
}

/** So long after its deadline an attempt that no answer has ended is an operator's to look at. */
const PAYMENT_DOUBT_HOURS = 1;

/** Closes an attempt, with all of its combined payment. What stays in doubt for too long is put before an operator. */
export async function endAttempt(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if ((await pursueClosing(ctx, attempt)) !== "in_doubt") return;
  if (!isOverdue(ctx, attempt)) return;
  const doubtful = await stillOpen(ctx, attempt);
  if (!doubtful) return;
  await reportDoubt(ctx, doubtful);
}

/** Whether so much time has passed since an attempt's deadline that an operator is to look at it. */
export function isOverdue(ctx: PaymentContext, { expiresAt }: AttemptRow): boolean {
  return hoursSince(ctx, expiresAt) >= PAYMENT_DOUBT_HOURS;
}

/** The attempt itself; of a combined payment the first part that is open yet, for closing may have found others paid. */
async function stillOpen(ctx: PaymentContext, attempt: AttemptRow): Promise<AttemptRow | undefined> {
  const { combineOutTradeNo } = attempt;
  if (combineOutTradeNo === null) return attempt;
  const combined = await findCombined(ctx, { combineOutTradeNo });
  return combined?.parts.map((part) => part.attempt).find(({ state }) => isOpen(state));
}

/** How long ago a moment was, in hours. */
export function hoursSince(ctx: PaymentContext, moment: Date): number {
  return (ctx.now() - moment.getTime()) / 3_600_000;
}
