/** Money beside its order: it is put on record with what is to become of it, and an operator hears of it first. */
import type { UnappliedPolicy, UnappliedReason } from "../../db/schema/payments.ts";
import type { AnomalyKind } from "../../db/schema/records.ts";
import { recordUnapplied, type SeenMoney } from "../../db/statements/settle.ts";
import { type Fen, fen } from "../money.ts";
import type { Receipt } from "../providers/trade.ts";
import { recordAnomaly } from "./anomalies.ts";
import type { AttemptRow } from "./attempts/view.ts";
import { type PaymentContext, presentOf } from "./context.ts";
import { externallyRefunded } from "./refunds/external-refund.ts";

const UNAPPLIED: Readonly<
  Record<UnappliedReason, { readonly policy: UnappliedPolicy; readonly anomaly: AnomalyKind }>
> = {
  LATE: { policy: "REFUND", anomaly: "LATE_PAYMENT" },
  SECOND: { policy: "REFUND", anomaly: "SECOND_PAYMENT" },
  WRONG_AMOUNT: { policy: "HOLD", anomaly: "WRONG_AMOUNT" },
  BOOKS_REFUSED: { policy: "HOLD", anomaly: "BOOKS_REFUSED" },
  GONE_BACK: { policy: "HOLD", anomaly: "MONEY_GONE_BACK" },
};

/** The anomaly first, so that nobody acknowledges money which no operator can see. */
export async function setAside(
  ctx: PaymentContext,
  attempt: AttemptRow,
  receipt: SeenMoney,
  reason: UnappliedReason,
): Promise<"unapplied"> {
  const { policy, anomaly } = UNAPPLIED[reason];
  await recordAnomaly(ctx, {
    kind: anomaly,
    number: attempt.outTradeNo,
    provider: attempt.provider,
    orderId: attempt.orderId,
    outTradeNo: attempt.outTradeNo,
    amounts: { expected: attempt.amount, received: receipt.amount },
    detail: { policy, providerTradeNo: receipt.providerTradeNo },
  });
  await recordUnapplied(ctx.db, attempt.outTradeNo, receipt, { reason, policy }, presentOf(ctx));
  ctx.log.warn("payment.unapplied", { attempt: attempt.outTradeNo, reason, policy });
  return "unapplied";
}

/** Money was booked before. The same money is no news; other money under the same number is an anomaly. */
export async function bookRepeated(
  ctx: PaymentContext,
  attempt: AttemptRow,
  receipt: Receipt,
): Promise<"repeated" | "unapplied"> {
  const { received, providerTradeNo } = attempt;
  if (receipt.amount !== received || (providerTradeNo !== null && receipt.providerTradeNo !== providerTradeNo)) {
    await recordAnomaly(ctx, {
      kind: "WRONG_AMOUNT",
      number: attempt.outTradeNo,
      provider: attempt.provider,
      orderId: attempt.orderId,
      outTradeNo: attempt.outTradeNo,
      amounts: { booked: received, reported: receipt.amount },
      detail: { providerTradeNo: receipt.providerTradeNo },
    });
  }
  return attempt.disposition === "APPLIED" ? "repeated" : "unapplied";
}

/**
 * Money on record has gone back: by our own refunds, by somebody at the provider's console, or by a cancel of ours. An
 * operator hears of what no refund on record accounts for.
 * @param goneBack in fen, all of it, where the provider says so
 */
export async function bookGoneBackLater(
  ctx: PaymentContext,
  attempt: AttemptRow,
  goneBack: Fen | undefined,
): Promise<"repeated"> {
  const { refunding, refunded, received } = attempt;
  const onRecord = fen(refunding + refunded + (await externallyRefunded(ctx, attempt)));
  if (goneBack === undefined ? onRecord === 0 : goneBack > onRecord) {
    await recordAnomaly(ctx, {
      kind: "MONEY_GONE_BACK",
      number: attempt.outTradeNo,
      provider: attempt.provider,
      orderId: attempt.orderId,
      outTradeNo: attempt.outTradeNo,
      amounts: { received, refunds: onRecord, goneBack: goneBack ?? null },
      detail: {},
    });
  }
  return "repeated";
}
