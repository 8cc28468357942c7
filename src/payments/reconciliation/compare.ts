/**
 * A line of a bill beside what the books say of the same number. Pure: what differs is data, and whoever compares decides
 * what becomes of it.
 *
 * Fees are checked for what can be known without the merchant's contract: a payment costs something or nothing, a refund
 * gives something of that back or nothing, neither more than its amount; and a bill that is fetched again tells the same.
 */
import type { Difference } from "../../../db/schema/bills.ts";
import type { RefundRecordState } from "../../../db/schema/payments.ts";
import type { paymentPairs, refundPairs } from "../../../db/statements/bill-entry.ts";
import type { BillEntry, BillEntryStatus } from "../../providers/bill.ts";
import type { ProviderName } from "../../providers/methods.ts";

export type PaymentPair = Awaited<ReturnType<typeof paymentPairs>>[number];
export type RefundPair = Awaited<ReturnType<typeof refundPairs>>[number];

/** Where a payment of a bill differs from the books. The books have it when their attempt, or their capture, succeeded. */
export function paymentDifferences(
  provider: ProviderName,
  { entry, attempt, capture, earlierFee }: PaymentPair,
): Difference[] {
  const ours = paymentHere(provider, { entry, attempt, capture });
  if (ours === undefined) return ["MISSING_HERE"];
  return [
    ...(ours.amount === entry.amount ? [] : (["AMOUNT_DIFFERS"] as const)),
    ...(isFeeSound(entry, earlierFee) ? [] : (["FEE_DIFFERS"] as const)),
  ];
}

/** The money that the books have under a payment's number; undefined when they have none, or that of another trade. */
export function paymentHere(
  provider: ProviderName,
  { entry, attempt, capture }: Pick<PaymentPair, "entry" | "attempt" | "capture">,
) {
  if (attempt?.provider === provider && attempt.state === "SUCCESS") {
    const isSameTrade = attempt.providerTradeNo === null || attempt.providerTradeNo === entry.providerNo;
    return isSameTrade ? { amount: attempt.received } : undefined;
  }
  return capture?.state === "SUCCESS" ? { amount: capture.amount } : undefined;
}

/** Where a refund of a bill differs from the books. What has gone back of money first seen when it had is no news. */
export function refundDifferences(
  provider: ProviderName,
  { entry, refund, attempt, earlierFee }: RefundPair,
): Difference[] {
  if (!refund) {
    const isKnown = attempt?.provider === provider && attempt.unappliedReason === "GONE_BACK";
    return entry.status === "closed" || isKnown ? [] : ["MISSING_HERE"];
  }
  if (entry.status === "success" && refund.state !== "SUCCESS") return ["MISSING_HERE"];
  return [
    ...(MAY_BE[entry.status].includes(refund.state) ? [] : (["STATUS_DIFFERS"] as const)),
    ...(refund.amount === entry.amount ? [] : (["AMOUNT_DIFFERS"] as const)),
    ...(isFeeSound(entry, earlierFee) ? [] : (["FEE_DIFFERS"] as const)),
  ];
}

/** How a refund may stand in the books by now, when it stood so as the bill was made. */
const MAY_BE: Readonly<Record<BillEntryStatus, readonly RefundRecordState[]>> = {
  success: ["SUCCESS"],
  processing: ["CREATED", "PROCESSING", "ABNORMAL", "SUCCESS"],
  abnormal: ["ABNORMAL", "SUCCESS", "CLOSED"],
  closed: ["CLOSED"],
};

function isFeeSound(
  { kind, amount, fee }: Pick<BillEntry, "kind" | "amount" | "fee">,
  earlierFee: number | null,
): boolean {
  if (fee === null) return true;
  const cost = kind === "payment" ? fee : -fee;
  const isPlausible = cost >= 0 && cost <= amount;
  return isPlausible && (earlierFee === null || earlierFee === fee);
}
