import { postponeRefund } from "../../../db/statements/refund.ts";
import { releaseRefund } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { recordAnomaly } from "../anomalies.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { bookRefundView } from "./book-refund.ts";
import { type RefundRecordView, type RefundRow, refundRef, refundView } from "./view.ts";

/**
 * Asks the provider for a reserved refund, the first time or again under the same number and text. What is not
 * known afterwards stays reserved, and a job asks. Throws PROVIDER_REFUSED after a definite no, which frees it.
 */
export async function sendRefund(
  ctx: PaymentContext,
  refund: RefundRow,
  mode: { readonly firstSend: boolean },
): Promise<RefundRecordView> {
  const provider = ctx.providers.get(refund.provider);
  const outcome = await provider.refund(refundRef(refund), callContext(ctx, mode.firstSend));
  switch (outcome.kind) {
    case "ok":
      return refundView(await bookRefundView(ctx, refund, outcome.value, "told"));
    case "refused":
      await releaseRefund(ctx.db, refund.id, outcome.code, presentOf(ctx));
      await reportRefusal(ctx, refund, outcome.code);
      throw new PayError("PROVIDER_REFUSED", { providerCode: outcome.code });
    case "later":
    case "unknown":
      ctx.log.warn("refund.unanswered", { refund: refund.id, outcome: outcome.kind });
      await postponeRefund(ctx.db, refund.id, refund.checks, nextCheck(ctx, refund.checks));
      return refundView(refund);
  }
}

/** A person who asked hears the refusal; nobody asked for an automatic refund, so an operator must. */
async function reportRefusal(ctx: PaymentContext, refund: RefundRow, code: string): Promise<void> {
  ctx.log.warn("refund.refused", { refund: refund.id, code });
  if (refund.origin !== "AUTOMATIC") return;
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
