/** Refunds whose providers have been silent for too long: an operator has to look at them. */
import { closeAnomaliesOfRefund, recordAnomaly } from "../anomalies.ts";
import { type PaymentContext, presentOf, SYSTEM } from "../context.ts";
import type { RefundRow } from "./view.ts";

/** After so long a refund that its provider has not confirmed, or not finished, is an operator's to look at. */
const DOUBT_HOURS = { CREATED: 6, PROCESSING: 7 * 24 } as const;

/** Whether a refund is on its way, and has been for longer than it should. */
export function isInDoubt(ctx: PaymentContext, { state, decidedAt, createdAt }: RefundRow): boolean {
  if (state !== "CREATED" && state !== "PROCESSING" && state !== "ABNORMAL") return false;
  const hours = (presentOf(ctx).getTime() - (decidedAt ?? createdAt).getTime()) / 3_600_000;
  return hours >= (state === "CREATED" ? DOUBT_HOURS.CREATED : DOUBT_HOURS.PROCESSING);
}

/** The failure code of a refund that an operator gave up though its provider had not said that it failed. */
export const RELEASED = "RELEASED_BY_OPERATOR";

/** Whether an operator has given a refund up. */
export function isReleased({ state, failureCode }: RefundRow): boolean {
  return state === "CLOSED" && failureCode === RELEASED;
}

/** Nobody has to look any more at a refund that its provider has said something of. One that was given up stays in doubt. */
export async function endDoubt(ctx: PaymentContext, before: RefundRow, after: RefundRow): Promise<void> {
  if (!isInDoubt(ctx, before) || isInDoubt(ctx, after) || isReleased(after)) return;
  await resolveDoubt(ctx, after, after.state);
}

/** Resolves what operators have heard of a refund in doubt, with what its provider says. */
export async function resolveDoubt(ctx: PaymentContext, refund: RefundRow, said: string): Promise<void> {
  const resolution = { by: SYSTEM, reason: `the provider says: ${said.toLowerCase()}` };
  await closeAnomaliesOfRefund(ctx, refund, ["REFUND_IN_DOUBT"], resolution);
}

/** Puts a refund before an operator if it is in doubt. Call it after its provider has been asked. */
export async function reportRefundDoubt(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  if (!isInDoubt(ctx, refund)) return;
  await recordAnomaly(ctx, {
    kind: "REFUND_IN_DOUBT",
    number: refund.outRefundNo,
    provider: refund.provider,
    orderId: refund.orderId,
    outTradeNo: refund.outTradeNo,
    refundId: refund.id,
    amounts: { amount: refund.amount },
    detail: { state: refund.state },
    suggestion: "ASK_PROVIDER",
  });
}
