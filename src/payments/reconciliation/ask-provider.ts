/** Asking the provider about what its bill says and the books do not. What it answers is booked as after any query. */
import type { Outcome } from "../../providers/outcome.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { findAttempt } from "../attempts/record.ts";
import { attemptKey, attemptRef } from "../attempts/view.ts";
import { askForCombined } from "../combined/ask-combined.ts";
import { findCombined } from "../combined/record.ts";
import { callContext, type PaymentContext } from "../context.ts";
import { askForOperation } from "../pre-authorisations/ask-operation.ts";
import { getOperationRow } from "../pre-authorisations/record.ts";
import { bookRefundEvent } from "../refunds/book-refund.ts";
import { bookRefundHint } from "../refunds/refund-hint.ts";
import { applyTradeView } from "../settlement.ts";
import type { PaymentPair, RefundPair } from "./compare.ts";

/**
 * `unknown_here`: nobody here knows the number, so there is nothing to ask about. `silent`: the provider did not say.
 * `under_way`, `came_to_nothing`: what it said of a refund that others made. Asking also throws what booking the answer
 * throws.
 */
export type Asked = "asked" | "silent" | "under_way" | "came_to_nothing" | "unknown_here";

export async function askAboutPayment(
  ctx: PaymentContext,
  provider: PaymentProvider,
  { attempt, capture }: PaymentPair,
): Promise<Asked> {
  if (attempt?.provider === provider.name) return await askForAttempt(ctx, provider, attempt.outTradeNo);
  if (!capture) return "unknown_here";
  await askForOperation(ctx, await getOperationRow(ctx, capture.number));
  return "asked";
}

async function askForAttempt(ctx: PaymentContext, provider: PaymentProvider, outTradeNo: string): Promise<Asked> {
  const attempt = await findAttempt(ctx, outTradeNo);
  if (!attempt) return "unknown_here";
  const { combineOutTradeNo } = attempt;
  const combined = combineOutTradeNo === null ? undefined : await findCombined(ctx, { combineOutTradeNo });
  if (combined) return said(await askForCombined(ctx, combined));
  const answer = await provider.query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind === "ok") await applyTradeView(ctx, attemptKey(attempt), answer.value);
  return said(answer);
}

function said({ kind }: { readonly kind: Outcome<unknown>["kind"] }): Asked {
  return kind === "ok" ? "asked" : "silent";
}

/** A refund that nobody here made is booked as its own callback would be, when it is one of a payment of ours. */
export async function askAboutRefund(
  ctx: PaymentContext,
  provider: PaymentProvider,
  { entry, refund, attempt }: RefundPair,
): Promise<Asked> {
  const { number: outRefundNo, outTradeNo } = entry;
  if (refund) {
    const hint = { kind: "refund_hint", notifyId: "", event: "bill", outTradeNo, outRefundNo } as const;
    await bookRefundHint(ctx, provider, hint);
    return "asked";
  }
  if (attempt?.provider !== provider.name) return "unknown_here";
  if (attempt.state === "SUCCESS") return await askForForeign(ctx, provider, entry);
  // The money may be found gone as soon as it is seen: then there is nothing left to be booked of its refund.
  const asked = await askForAttempt(ctx, provider, outTradeNo);
  const seen = await findAttempt(ctx, outTradeNo);
  return seen?.state === "SUCCESS" && seen.unappliedReason !== "GONE_BACK"
    ? await askForForeign(ctx, provider, entry)
    : asked;
}

async function askForForeign(
  ctx: PaymentContext,
  provider: PaymentProvider,
  entry: RefundPair["entry"],
): Promise<Asked> {
  const { number: outRefundNo, outTradeNo, providerNo: providerTradeNo } = entry;
  const call = callContext(ctx, false);
  const event = { kind: "refund", notifyId: "", event: "bill", outRefundNo } as const;
  if (!provider.findRefund) {
    // A provider that finds refunds by the numbers of both, the refund's and the payment's, is certain of success alone.
    const answer = await provider.queryRefund({ outRefundNo, outTradeNo }, call);
    if (answer.kind !== "ok") return "silent";
    if (answer.value.status !== "success") return "asked";
    await bookRefundEvent(ctx, provider.name, { ...event, outTradeNo, providerTradeNo, refund: answer.value });
    return "asked";
  }
  const answer = await provider.findRefund(outRefundNo, call);
  if (answer.kind !== "ok") return "silent";
  if (!("refund" in answer.value)) return "asked";
  const { status } = answer.value.refund;
  if (status === "processing") return "under_way";
  if (status === "closed") return "came_to_nothing";
  await bookRefundEvent(ctx, provider.name, { ...event, ...answer.value });
  return "asked";
}
