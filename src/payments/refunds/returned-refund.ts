/** Refunds that a payer's bank has sent back to the provider: an operator has to see to them. */
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { isKey, recordAnomaly } from "../anomalies.ts";
import type { PaymentContext } from "../context.ts";
import { findRefund } from "./book-refund.ts";

type ReturnedRefund = Extract<CallbackEvent, { kind: "refund_returned" }>;

/** Puts it on record. The books stay as they are: the provider has given the money back, and may yet find another way. */
export async function reportReturnedRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  { outTradeNo, outRefundNo, amount }: ReturnedRefund,
): Promise<void> {
  const refund = isKey(outRefundNo) ? await findRefund(ctx, provider, outRefundNo) : undefined;
  await recordAnomaly(ctx, {
    kind: "REFUND_RETURNED",
    number: outRefundNo || outTradeNo,
    provider,
    outTradeNo,
    ...(refund && { orderId: refund.orderId, refundId: refund.id }),
    amounts: { amount: refund?.amount ?? null, returned: amount },
    detail: { outRefundNo, state: refund?.state ?? null },
  });
}
