import { recordAnomaly } from "../anomalies.ts";
import type { PaymentContext } from "../context.ts";
import type { AttemptRow } from "./view.ts";

/** Puts a payment before an operator of which its provider does not say whether it is paid. */
export async function reportDoubt(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  const { provider, orderId, outTradeNo, combineOutTradeNo, state, amount } = attempt;
  await recordAnomaly(ctx, {
    kind: "PAYMENT_IN_DOUBT",
    number: outTradeNo,
    provider,
    orderId,
    outTradeNo,
    amounts: { amount },
    detail: { state, ...(combineOutTradeNo !== null && { combineOutTradeNo }) },
  });
}
