import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { pursueCombinedClosing } from "./pursue-closing.ts";
import { isUnderWay } from "./query-combined.ts";
import { combinedPaymentsOf, getCombined } from "./record.ts";
import { type CombinedPaymentState, combinedState } from "./view.ts";

/**
 * Closes a combined payment; its orders stay, and can be paid anew. Answers CLOSED, or CLOSING while the provider has not
 * excluded that money comes. Repeatable. Throws PAYMENT_NOT_FOUND, and ORDER_PAID when it is, or turns out, paid.
 */
export async function closeCombined(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  combineOutTradeNo: string,
): Promise<CombinedPaymentState> {
  combinedPaymentsOf(ctx, provider);
  const found = await getCombined(ctx, actor, provider, combineOutTradeNo);
  if (isUnderWay(found)) {
    const change = { before: { orders: found.parts.length }, after: { state: "CLOSED" } };
    await recordIfOperator(ctx, actor, { action: "combined.close", subject: combineOutTradeNo, ...change });
    await pursueCombinedClosing(ctx, combineOutTradeNo);
  }
  const current = isUnderWay(found) ? await getCombined(ctx, actor, provider, combineOutTradeNo) : found;
  if (current.parts.some(({ attempt }) => attempt.state === "SUCCESS")) throw new PayError("ORDER_PAID");
  return combinedState(current);
}
