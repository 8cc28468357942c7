/** Money beside its order: it is put on record with what is to become of it, and an operator hears of it first. */
import type { EventKind } from "../../db/schema/history.ts";
import type { UnappliedPolicy, UnappliedReason } from "../../db/schema/payments.ts";
import type { AnomalyKind, Suggestion } from "../../db/schema/records.ts";
import { recordUnapplied, type SeenMoney } from "../../db/statements/settle.ts";
import { type Fen, fen } from "../money.ts";
import type { Receipt } from "../providers/trade.ts";
import { recordAnomaly } from "./anomalies.ts";
import type { AttemptRow } from "./attempts/view.ts";
import { type PaymentContext, presentOf, type Settings } from "./context.ts";
import { recordEvent } from "./events.ts";
import type { OrderRow } from "./orders/view.ts";
import { externallyRefunded } from "./refunds/external-refund.ts";

interface Rule {
  /** By default; see policyFor. */
  readonly policy: UnappliedPolicy;
  readonly anomaly: AnomalyKind;
  readonly event: EventKind;
  /** What an operator might do with it when it is held. */
  readonly suggestion: Suggestion;
}

const UNAPPLIED: Readonly<Record<UnappliedReason, Rule>> = {
  LATE: { policy: "REFUND", anomaly: "LATE_PAYMENT", event: "payment.late_received", suggestion: "APPLY" },
  SECOND: { policy: "REFUND", anomaly: "SECOND_PAYMENT", event: "payment.second_received", suggestion: "REFUND" },
  WRONG_AMOUNT: { policy: "HOLD", anomaly: "WRONG_AMOUNT", event: "payment.wrong_amount", suggestion: "REFUND" },
  BOOKS_REFUSED: { policy: "HOLD", anomaly: "BOOKS_REFUSED", event: "payment.held", suggestion: "CORRECT_STOCK" },
  GONE_BACK: { policy: "HOLD", anomaly: "MONEY_GONE_BACK", event: "payment.gone_back", suggestion: "WRITE_OFF" },
};

/** What operators hear about money beside its order: all of it is dealt with by what becomes of that money. */
export const RECEIPT_ANOMALIES: readonly AnomalyKind[] = [
  ...Object.values(UNAPPLIED).map(({ anomaly }) => anomaly),
  "REFUND_FAILED",
];

/** The same, without what was reported of other money under its number: that no ending of this money explains. */
export function anomaliesOfMoney(reason: UnappliedReason | null): readonly AnomalyKind[] {
  return RECEIPT_ANOMALIES.filter((kind) => kind !== "WRONG_AMOUNT" || reason === "WRONG_AMOUNT");
}

const LATE_POLICIES: Readonly<Record<Settings["latePayments"], UnappliedPolicy>> = {
  refund: "REFUND",
  revive: "REVIVE",
  hold: "HOLD",
};

/** Whoever cancelled an order does not want it any more: it opens again on an operator's word alone. */
function policyFor(ctx: PaymentContext, reason: UnappliedReason, order: OrderRow | undefined): UnappliedPolicy {
  if (reason !== "LATE") return UNAPPLIED[reason].policy;
  const policy = LATE_POLICIES[ctx.settings.latePayments];
  return policy === "REVIVE" && order?.closeReason === "CANCELLED" ? "REFUND" : policy;
}

/**
 * The anomaly first, so that nobody acknowledges money which no operator can see; the shop's event with it.
 * @param order where what it looks like matters: that of late money
 */
export async function setAside(
  ctx: PaymentContext,
  attempt: AttemptRow,
  receipt: SeenMoney,
  reason: UnappliedReason,
  order?: OrderRow,
): Promise<"unapplied"> {
  const policy = policyFor(ctx, reason, order);
  const { outTradeNo, orderId } = attempt;
  const { event } = UNAPPLIED[reason];
  const amounts = { expected: attempt.amount, received: receipt.amount };
  await Promise.all([
    reportUnapplied(
      ctx,
      { ...attempt, received: receipt.amount, providerTradeNo: receipt.providerTradeNo },
      reason,
      policy,
    ),
    recordEvent(ctx, { kind: event, subject: outTradeNo, orderId, amounts, detail: { outTradeNo, policy } }),
  ]);
  await recordUnapplied(ctx.db, outTradeNo, receipt, { reason, policy }, presentOf(ctx));
  ctx.log.warn("payment.unapplied", { attempt: outTradeNo, reason, policy });
  return "unapplied";
}

/** Puts money beside its order before an operator: when it comes, and again when it is theirs to decide on after all. */
export async function reportUnapplied(
  ctx: PaymentContext,
  attempt: AttemptRow,
  reason: UnappliedReason,
  policy: UnappliedPolicy,
): Promise<void> {
  const { anomaly, suggestion } = UNAPPLIED[reason];
  await recordAnomaly(ctx, {
    kind: anomaly,
    number: attempt.outTradeNo,
    provider: attempt.provider,
    orderId: attempt.orderId,
    outTradeNo: attempt.outTradeNo,
    amounts: { expected: attempt.amount, received: attempt.received },
    detail: { policy, providerTradeNo: attempt.providerTradeNo },
    ...(policy === "HOLD" && { suggestion }),
  });
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
 * operator hears of what no refund on record accounts for, unless one has written the money off.
 * @param goneBack in fen, all of it, where the provider says so
 */
export async function bookGoneBackLater(
  ctx: PaymentContext,
  attempt: AttemptRow,
  goneBack: Fen | undefined,
): Promise<"repeated"> {
  const { refunding, refunded, received } = attempt;
  if (attempt.disposition === "WRITTEN_OFF") return "repeated";
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
