import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { pursueClosing } from "./close-attempt.ts";
import { readPayment, stateOf } from "./query-payment.ts";
import { isOpen, type PaymentState } from "./view.ts";

/**
 * Closes an order's open attempt with a provider; the order stays. Answers CLOSED, or CLOSING while the provider
 * has not excluded that money comes, or SUCCESS without effect on the order when closing gave the money back. Repeatable.
 * Throws PAYMENT_NOT_FOUND, and ORDER_PAID when it is, or turns out, paid.
 */
export async function closePayment(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  orderId: string,
): Promise<PaymentState> {
  const found = await readPayment(ctx, actor, provider, orderId);
  if (isOpen(found.attempt.state)) {
    const { outTradeNo: subject, state: before } = found.attempt;
    const change = { before: { state: before }, after: { state: "CLOSED" } };
    await recordIfOperator(ctx, actor, { action: "payments.close", subject, orderId, ...change });
    await pursueClosing(ctx, found.attempt);
  }
  const current = isOpen(found.attempt.state) ? await readPayment(ctx, actor, provider, orderId) : found;
  const { state, unappliedReason } = current.attempt;
  if (state === "SUCCESS" && unappliedReason !== "GONE_BACK") throw new PayError("ORDER_PAID");
  return stateOf(current);
}
