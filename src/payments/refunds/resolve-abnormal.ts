import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { AbnormalRefundTarget } from "../../providers/refund.ts";
import { providerTrouble } from "../attempts/trouble.ts";
import { type Actor, callContext, type PaymentContext } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { bookRefundView } from "./book-refund.ts";
import { askForRefund } from "./query-refund.ts";
import { getRefundRow } from "./record.ts";
import { type RefundRecordView, refundRef, refundView } from "./view.ts";

export interface AbnormalRefund {
  readonly provider: ProviderName;
  readonly refundId: string;
  readonly target: AbnormalRefundTarget;
}

/**
 * Sends the money of a refund that found no way to its payer elsewhere (WeChat Pay V3, abnormal refund). What names the
 * buyer's account goes to the provider alone; who decided it, and which kind of account, goes to the log. A call before
 * may have taken effect though its answer was lost, and this one be refused for that: the provider is asked then, and
 * what it says is booked. Throws METHOD_UNAVAILABLE, REFUND_NOT_FOUND, REFUND_NOT_ABNORMAL, and a provider's trouble as
 * PROVIDER_… while the refund is still ABNORMAL.
 */
export async function resolveAbnormalRefund(
  ctx: PaymentContext,
  actor: Actor,
  { provider: name, refundId, target }: AbnormalRefund,
): Promise<RefundRecordView> {
  const provider = ctx.providers.find(name);
  if (!provider?.resolveAbnormalRefund) {
    const issues = [{ path: "provider", message: "sends no refund elsewhere" }];
    throw new PayError("METHOD_UNAVAILABLE", { issues });
  }
  const refund = await getRefundRow(ctx, refundId);
  if (refund.provider !== name) throw new PayError("REFUND_NOT_FOUND");
  const { providerRefundNo } = refund;
  if (refund.state !== "ABNORMAL" || providerRefundNo === null) throw new PayError("REFUND_NOT_ABNORMAL");
  const named = { ...refundRef(refund), providerRefundNo };
  await recordIfOperator(ctx, actor, {
    ...{ action: "refunds.resolve_abnormal", subject: refundId, orderId: refund.orderId },
    before: { state: refund.state },
    after: { state: "PROCESSING", target: target.type },
  });
  const outcome = await provider.resolveAbnormalRefund(named, target, callContext(ctx, true));
  ctx.log.info("refund.abnormal.resolved", {
    refund: refundId,
    by: actor.id,
    target: target.type,
    outcome: outcome.kind,
  });
  if (outcome.kind === "ok") return await refundView(ctx, await bookRefundView(ctx, refund, outcome.value, "asked"));
  const current = await askForRefund(ctx, refund);
  if (current.state === "ABNORMAL") throw providerTrouble(outcome);
  return await refundView(ctx, current);
}
