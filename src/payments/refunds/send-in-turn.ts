/** The queue of one payment's refunds: providers want some time between two of them, so that each waits for its turn. */
import { read } from "../../../db/run.ts";
import { takeTurn, turnOf, waitForTurn } from "../../../db/statements/refund.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { lastRefundUntil } from "./limits.ts";
import { sendRefund } from "./send-refund.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

/** Whether a refund has been reserved and never sent. */
export function isWaiting(refund: RefundRow): boolean {
  return refund.state === "CREATED" && refund.waitingSince !== null;
}

/**
 * Sends a reserved refund for the first time, if it is its turn. Else it is due when that may be, and whoever looks at it
 * then sends it: a job, or somebody who asks how it stands. Throws what sendRefund throws.
 */
export async function sendInTurn(
  ctx: PaymentContext,
  refund: RefundRow,
  { repeat }: { readonly repeat: boolean },
): Promise<RefundRecordView> {
  const { waitingSince } = refund;
  if (waitingSince === null) return await sendRefund(ctx, refund, { firstSend: true, repeat });
  const turn = await turnFor(ctx, { ...refund, waitingSince });
  if (turn <= presentOf(ctx) && (await takeSendingTurn(ctx, refund))) {
    return await sendRefund(ctx, { ...refund, waitingSince: null }, { firstSend: true, repeat });
  }
  await waitForTurn(ctx.db, refund.id, turn);
  ctx.log.info("refund.waits", { refund: refund.id, until: turn.toISOString() });
  return await refundView(ctx, refund);
}

/** Takes the right to send a refund now. False when it has to wait for another, or when somebody else has taken it. */
export async function takeSendingTurn(ctx: PaymentContext, refund: RefundRow): Promise<boolean> {
  const now = presentOf(ctx);
  const turn = { now, lastRefundUntil: limitOf(ctx, refund, now), nextCheckAt: nextCheck(ctx, refund.checks) };
  return (await takeTurn(ctx.db, refund, turn)) > 0;
}

/** When it may be a refund's turn: now, or after those before it, as far apart as its provider wants them. */
async function turnFor(ctx: PaymentContext, refund: RefundRow & { readonly waitingSince: Date }): Promise<Date> {
  const now = presentOf(ctx);
  const [turn] = await read(() => turnOf(ctx.db, refund));
  const until = limitOf(ctx, refund, now);
  if (!turn || until === null) return now;
  const apart = now.getTime() - until.getTime();
  const free = Math.max(now.getTime(), (turn.lastRefundAt?.getTime() ?? 0) + apart);
  return new Date(free + turn.ahead * apart);
}

function limitOf(ctx: PaymentContext, { provider }: RefundRow, now: Date): Date | null {
  return lastRefundUntil(ctx.providers.get(provider).refundLimits, now);
}
