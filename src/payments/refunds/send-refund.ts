import { releaseRefund } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { recordAnomaly } from "../anomalies.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { bookRefundView } from "./book-refund.ts";
import { getRefundRow } from "./record.ts";
import { type RefundRecordView, type RefundRow, recordedRefund, refundView } from "./view.ts";

interface SendMode {
  /** Whether no request of this number can have reached the provider before. */
  readonly firstSend: boolean;
  /** Whether who asked for the refund has had an answer already. */
  readonly repeat: boolean;
}

/**
 * Asks the provider for a reserved refund, the first time or again under the same number and text. What is not
 * known afterwards stays reserved, and a job asks at the time that was set before it was sent. A definite no frees it: throws PROVIDER_REFUSED when somebody waits to
 * hear that, else an operator hears of it and the refund is returned as it is then.
 */
export async function sendRefund(ctx: PaymentContext, refund: RefundRow, mode: SendMode): Promise<RefundRecordView> {
  const provider = ctx.providers.get(refund.provider);
  const outcome = await provider.refund(await recordedRefund(ctx, refund), callContext(ctx, mode.firstSend));
  switch (outcome.kind) {
    case "ok":
      return await refundView(ctx, await bookRefundView(ctx, refund, outcome.value, "told"));
    case "refused":
      return await afterRefusal(ctx, refund, outcome.code, mode);
    case "later":
    case "unknown":
      ctx.log.warn("refund.unanswered", { refund: refund.id, outcome: outcome.kind });
      return await refundView(ctx, refund);
  }
}

/** Whoever waits for the answer hears the refusal. Nobody does after a repeat, or for money that goes back by itself. */
async function afterRefusal(
  ctx: PaymentContext,
  refund: RefundRow,
  code: string,
  { repeat }: SendMode,
): Promise<RefundRecordView> {
  ctx.log.warn("refund.refused", { refund: refund.id, code });
  const isAwaited = !repeat && refund.origin !== "AUTOMATIC";
  // The report first, so that no refund ends without anybody's knowledge.
  if (!isAwaited) await reportRefusal(ctx, refund, code);
  await releaseRefund(ctx.db, refund.id, code, presentOf(ctx));
  if (isAwaited) throw new PayError("PROVIDER_REFUSED", { providerCode: code });
  return await refundView(ctx, await getRefundRow(ctx, refund.id));
}

async function reportRefusal(ctx: PaymentContext, refund: RefundRow, code: string): Promise<void> {
  await recordAnomaly(ctx, {
    kind: "REFUND_FAILED",
    number: refund.outRefundNo,
    provider: refund.provider,
    orderId: refund.orderId,
    outTradeNo: refund.outTradeNo,
    refundId: refund.id,
    amounts: { amount: refund.amount },
    detail: { code },
  });
}
