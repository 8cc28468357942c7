import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { RefundView } from "../../providers/refund.ts";
import { type Actor, callContext, type PaymentContext, presentOf } from "../context.ts";
import { maySee } from "../orders/read-order.ts";
import { SEND_SECONDS } from "../resend.ts";
import { bookRefundView } from "./book-refund.ts";
import { endDoubt } from "./doubt.ts";
import { getRefundRow } from "./record.ts";
import { isWaiting, sendInTurn, takeSendingTurn } from "./send-in-turn.ts";
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
  // What began as money may give back points alone once it is granted.
  const isMeant = refund.provider === provider || refund.amount === 0;
  if (!isMeant || !maySee(actor, refund.userId)) throw new PayError("REFUND_NOT_FOUND");
  return await refundView(ctx, isOnTheWay(refund) ? await askForRefund(ctx, refund) : refund);
}

/** Whether money is reserved for a refund and the provider has the last word on it. */
export function isOnTheWay(refund: RefundRow): boolean {
  return refund.state === "CREATED" || refund.state === "PROCESSING" || refund.state === "ABNORMAL";
}

/**
 * Asks the provider how a refund stands and books the answer. Returns the row as it is then; silence changes nothing.
 * What may never have arrived, or may have failed, is sent again under the same number. One that waits for its turn is sent
 * when it has come; there is nothing to ask about it.
 */
export async function askForRefund(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow> {
  const current = await ask(ctx, refund);
  await endDoubt(ctx, refund, current);
  return current;
}

async function ask(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow> {
  if (isWaiting(refund)) {
    await sendInTurn(ctx, refund, { repeat: true });
    return await getRefundRow(ctx, refund.id);
  }
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

/** Only who takes the turn sends, so that two who asked at once send once. Another refund may have gone meanwhile. */
async function sendAgain(
  ctx: PaymentContext,
  refund: RefundRow,
  mode: { readonly firstSend: boolean },
): Promise<RefundRow> {
  const sentAt = refund.sentAt ?? refund.decidedAt ?? refund.createdAt;
  if (ctx.now() - sentAt.getTime() < SEND_SECONDS * 1000) return refund;
  if (!(await takeSendingTurn(ctx, refund))) return await getRefundRow(ctx, refund.id);
  await sendRefund(ctx, { ...refund, checks: refund.checks + 1 }, { ...mode, repeat: true });
  return await getRefundRow(ctx, refund.id);
}
