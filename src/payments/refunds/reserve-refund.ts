import { eq } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { declineRefund, reserveRefund } from "../../../db/statements/refund.ts";
import { PayError } from "../../errors.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { getRefundRow } from "./record.ts";
import { sendRefund } from "./send-refund.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

/**
 * Reserves a refund's money and pieces, then asks the provider for it. Throws REFUND_EXCEEDS_PAYMENT or
 * REFUND_ITEMS_EXCEED_ORDER when that much is not left; the refund is then CLOSED.
 */
export async function reserveAndSend(
  ctx: PaymentContext,
  refund: RefundRow,
  decidedBy: string,
): Promise<RefundRecordView> {
  if (await reserve(ctx, refund, decidedBy)) {
    return await sendRefund(ctx, { ...refund, state: "CREATED", nextCheckAt: nextCheck(ctx, 0) }, { firstSend: true });
  }
  const current = await getRefundRow(ctx, refund.id);
  if (current.state !== "REQUESTED") return refundView(current);
  const failureCode = await explain(ctx, refund);
  await declineRefund(ctx.db, refund.id, { decidedBy, failureCode }, presentOf(ctx));
  throw new PayError(failureCode);
}

async function reserve(ctx: PaymentContext, refund: RefundRow, decidedBy: string): Promise<boolean> {
  try {
    return (await reserveRefund(ctx.db, refund.id, decidedBy, presentOf(ctx), nextCheck(ctx, 0))) > 0;
  } catch (error) {
    if (error instanceof CheckRefused) return false;
    throw error;
  }
}

async function explain(ctx: PaymentContext, refund: RefundRow) {
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, refund.outTradeNo)),
  );
  const left = attempt ? attempt.received - attempt.refunded - attempt.refunding : 0;
  return refund.amount > left ? "REFUND_EXCEEDS_PAYMENT" : "REFUND_ITEMS_EXCEED_ORDER";
}
