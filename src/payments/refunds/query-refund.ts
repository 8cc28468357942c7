import { postponeRefund, takeRefundMoment } from "../../../db/statements/refund.ts";
import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { RefundView } from "../../providers/refund.ts";
import { type Actor, callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { maySee } from "../orders/read-order.ts";
import { bookRefundView } from "./book-refund.ts";
import { rulesAt } from "./limits.ts";
import { getRefundRow } from "./record.ts";
import { sendRefund } from "./send-refund.ts";
import { type RefundRecordView, type RefundRow, refundRef, refundView } from "./view.ts";

/** Says how a refund stands; while it is on its way the provider is asked. Throws REFUND_NOT_FOUND. */
export async function queryRefund(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  refundId: string,
): Promise<RefundRecordView> {
  const refund = await getRefundRow(ctx, refundId);
  if (refund.provider !== provider || !maySee(actor, refund.userId)) throw new PayError("REFUND_NOT_FOUND");
  return refundView(isOnTheWay(refund) ? await askForRefund(ctx, refund) : refund);
}

/** Whether money is reserved for a refund and the provider has the last word on it. */
export function isOnTheWay(refund: RefundRow): boolean {
  return refund.state === "CREATED" || refund.state === "PROCESSING" || refund.state === "ABNORMAL";
}

/** A send may still be under way this long after the refund was decided; until then nobody sends it again. */
const SEND_SECONDS = 60;

/**
 * Asks the provider how a refund stands and books the answer. Returns the row as it is then; silence changes nothing.
 * What may never have arrived, or may have failed, is sent again under the same number.
 */
export async function askForRefund(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow> {
  const answer = await ctx.providers.get(refund.provider).queryRefund(refundRef(refund), callContext(ctx, false));
  if (answer.kind !== "ok") return refund;
  const view = answer.value;
  if (wantsSending(ctx, refund, view.status)) {
    return await sendAgain(ctx, refund, { firstSend: view.status === "not_found" });
  }
  return view.status === "not_found" ? refund : await bookRefundView(ctx, refund, view, "asked");
}

/**
 * Whether an answer may mean that the provider is not at it. While none has confirmed the refund, "no such refund" and "not
 * done yet" may both mean that it never arrived. A provider that can't tell a failed refund from one under way is asked
 * again for what it has confirmed, too: whenever a look at it is due, and not whenever somebody reads.
 */
function wantsSending(ctx: PaymentContext, refund: RefundRow, said: RefundView["status"]): boolean {
  if (said !== "not_found" && said !== "processing") return false;
  if (refund.state === "CREATED") return true;
  const isVague = ctx.providers.get(refund.provider).refundQueriesAreVague ?? false;
  const isDue = refund.nextCheckAt !== null && refund.nextCheckAt <= presentOf(ctx);
  return refund.state === "PROCESSING" && said === "processing" && isVague && isDue;
}

/** Only who moves the time of the next look sends, so that two who asked at once send once. */
async function sendAgain(
  ctx: PaymentContext,
  refund: RefundRow,
  mode: { readonly firstSend: boolean },
): Promise<RefundRow> {
  const decidedAt = refund.decidedAt ?? refund.createdAt;
  if (ctx.now() - decidedAt.getTime() < SEND_SECONDS * 1000) return refund;
  if ((await postponeRefund(ctx.db, refund.id, refund.checks, nextCheck(ctx, refund.checks))) === 0) return refund;
  if (!(await isInTime(ctx, refund))) return await getRefundRow(ctx, refund.id);
  await sendRefund(ctx, { ...refund, checks: refund.checks + 1 }, { ...mode, repeat: true });
  return await getRefundRow(ctx, refund.id);
}

/** Another refund of the payment may have been sent since: then this one has to wait like any other. */
async function isInTime(ctx: PaymentContext, refund: RefundRow): Promise<boolean> {
  const now = presentOf(ctx);
  const { lastRefundUntil } = rulesAt(ctx.providers.get(refund.provider).refundLimits, now);
  return lastRefundUntil === null || (await takeRefundMoment(ctx.db, refund.outTradeNo, now, lastRefundUntil)) > 0;
}
