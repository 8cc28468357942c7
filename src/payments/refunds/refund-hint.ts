/** Hints: callbacks that prove nothing by themselves, so that the provider is asked about the refund they name. */
import type { CallbackEvent } from "../../providers/callback.ts";
import type { Outcome } from "../../providers/outcome.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { isKey } from "../anomalies.ts";
import { callContext, type PaymentContext } from "../context.ts";
import { bookOwnRefund, bookRefundEvent, findRefund, type RefundBooking } from "./book-refund.ts";
import { type RefundRow, refundRef } from "./view.ts";

type RefundHint = Extract<CallbackEvent, { kind: "refund_hint" }>;

/**
 * Books what the provider says of the refund that a hint names. One that nobody here made is booked as its own callback
 * would be. `nothing`: the provider has no such refund. Throws when it does not say: then the hint has to come again.
 */
export async function bookRefundHint(
  ctx: PaymentContext,
  provider: PaymentProvider,
  hint: RefundHint,
): Promise<RefundBooking | "nothing"> {
  const { outRefundNo } = hint;
  const known = isKey(outRefundNo) ? await findRefund(ctx, provider.name, outRefundNo) : undefined;
  // Nothing more becomes of such a refund, and nobody signs hints: who replays one must not make us ask.
  if (known?.origin === "EXTERNAL" || known?.state === "SUCCESS") return "repeated";
  return known ? await askForOwn(ctx, provider, known) : await askForUnknown(ctx, provider, hint);
}

async function askForOwn(
  ctx: PaymentContext,
  provider: PaymentProvider,
  refund: RefundRow,
): Promise<RefundBooking | "nothing"> {
  const view = said(await provider.queryRefund(refundRef(refund), callContext(ctx, false)));
  return view.status === "not_found" ? "nothing" : await bookOwnRefund(ctx, refund, view, "asked");
}

async function askForUnknown(
  ctx: PaymentContext,
  provider: PaymentProvider,
  { notifyId, event, outRefundNo }: RefundHint,
): Promise<RefundBooking | "nothing"> {
  if (!provider.findRefund) return "nothing";
  const found = said(await provider.findRefund(outRefundNo, callContext(ctx, false)));
  if (!("refund" in found)) return "nothing";
  return await bookRefundEvent(ctx, provider.name, { kind: "refund", notifyId, event, outRefundNo, ...found });
}

function said<T>(outcome: Outcome<T>): T {
  if (outcome.kind === "ok") return outcome.value;
  throw new Error(`the provider did not say how the refund stands: ${outcome.kind}`);
}
