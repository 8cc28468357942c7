/** Money that could not pay its order goes back by itself, under a number derived from its attempt. */
import { and, asc, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import { postponeAttempt } from "../../../db/statements/attempt.ts";
import { finishUnapplied } from "../../../db/statements/settle.ts";
import { PayError } from "../../errors.ts";
import { recordAnomaly } from "../anomalies.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { nextCheck, type PaymentContext, SYSTEM } from "../context.ts";
import { automaticRefundNo } from "../ids.ts";
import { askForRefund, isOnTheWay } from "./query-refund.ts";
import { insertRefund, newRefund } from "./record.ts";
import { reserveAndSend } from "./reserve-refund.ts";
import type { RefundRow } from "./view.ts";

/** After so many definite failures an operator has to look. */
const MAX_GENERATIONS = 3;

/**
 * Takes the automatic refund of an unapplied attempt one step further: record it, send it, ask about it, or finish.
 * Any number of runs at once do the same as one. A next number is used only after the last one is CLOSED.
 */
export async function pursueAutomaticRefund(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  const refunds = await automaticRefunds(ctx, attempt);
  const last = refunds.at(-1);
  if (last?.state === "SUCCESS") {
    await finishUnapplied(ctx.db, attempt.outTradeNo, "REFUND");
    return;
  }
  await postponeAttempt(ctx.db, attempt, nextCheck(ctx, attempt.checks));
  if (last && isOnTheWay(last)) await askForRefund(ctx, last);
  else if (last?.state === "REQUESTED") await reserveInTime(ctx, last);
  else if (refunds.length >= MAX_GENERATIONS) await giveToOperator(ctx, attempt);
  else await startRefund(ctx, attempt, refunds.length + 1);
}

function automaticRefunds(ctx: PaymentContext, attempt: AttemptRow): Promise<RefundRow[]> {
  return read(() =>
    ctx.db
      .select()
      .from(refundRecords)
      .where(
        and(
          eq(refundRecords.orderId, attempt.orderId),
          eq(refundRecords.outTradeNo, attempt.outTradeNo),
          eq(refundRecords.origin, "AUTOMATIC"),
        ),
      )
      .orderBy(asc(refundRecords.id)),
  );
}

async function startRefund(ctx: PaymentContext, attempt: AttemptRow, generation: number): Promise<void> {
  const number = automaticRefundNo(attempt.outTradeNo, generation);
  const amount = attempt.received;
  const reason = attempt.unappliedReason === "SECOND" ? "订单已支付，重复付款退回" : "订单已关闭，付款退回";
  const { orderId, userId, outTradeNo, provider } = attempt;
  const draft = { outRefundNo: number, outTradeNo, amount, total: amount, reason };
  const refund = newRefund(ctx, {
    ...{ id: number, orderId, userId, outTradeNo, provider, outRefundNo: number },
    ...{ origin: "AUTOMATIC", applied: false, amount, reason, requestedBy: SYSTEM, decidedBy: SYSTEM },
    request: ctx.providers.get(provider).prepareRefund(draft),
  });
  await insertRefund(ctx, refund);
  await reserveInTime(ctx, refund);
}

/** A refund that comes too soon after the last one stays REQUESTED, and the next look goes on with it. */
async function reserveInTime(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  try {
    await reserveAndSend(ctx, refund, SYSTEM);
  } catch (error) {
    if (!(error instanceof PayError) || error.code !== "REFUND_TOO_SOON") throw error;
    ctx.log.info("refund.too_soon", { refund: refund.id });
  }
}

async function giveToOperator(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  await recordAnomaly(ctx, {
    kind: "REFUND_FAILED",
    number: attempt.outTradeNo,
    provider: attempt.provider,
    orderId: attempt.orderId,
    outTradeNo: attempt.outTradeNo,
    amounts: { received: attempt.received },
    detail: { tries: MAX_GENERATIONS },
  });
  await finishUnapplied(ctx.db, attempt.outTradeNo, "HOLD");
}
