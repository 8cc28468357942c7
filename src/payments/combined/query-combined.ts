import type { ProviderName } from "../../providers/methods.ts";
import { providerTrouble } from "../attempts/trouble.ts";
import { isOpen } from "../attempts/view.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { askForCombined } from "./ask-combined.ts";
import { type Combined, combinedPaymentsOf, getCombined } from "./record.ts";
import { type CombinedPaymentState, combinedState } from "./view.ts";

/**
 * Says how a combined payment and each of its orders stand. One round trip when all is final; while some of it is open
 * the provider is asked, and what it says is booked. Throws PAYMENT_NOT_FOUND, and a provider's trouble as PROVIDER_….
 */
export async function queryCombined(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  combineOutTradeNo: string,
): Promise<CombinedPaymentState> {
  combinedPaymentsOf(ctx, provider);
  const found = await getCombined(ctx, actor, provider, combineOutTradeNo);
  if (!isUnderWay(found)) return combinedState(found);
  const asked = await askForCombined(ctx, found);
  if (asked.kind !== "ok") throw providerTrouble(asked, combineOutTradeNo);
  if (asked.standing !== "changed") return combinedState(found);
  return combinedState(await getCombined(ctx, actor, provider, combineOutTradeNo));
}

/** Whether an attempt of it has not ended. */
export function isUnderWay({ parts }: Combined): boolean {
  return parts.some(({ attempt }) => isOpen(attempt.state));
}
