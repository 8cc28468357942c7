/** Money that came and could not pay its order at once, as operators see it. */
import type { Disposition, UnappliedPolicy, UnappliedReason } from "../../../db/schema/payments.ts";
import { type Fen, fen } from "../../money.ts";
import type { PaymentMethod, ProviderName } from "../../providers/methods.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { type OrderRow, type OrderStatus, orderStatus } from "../orders/view.ts";

/** Amounts in fen. */
export interface ReceiptView {
  readonly outTradeNo: string;
  readonly providerTradeNo: string | null;
  readonly provider: ProviderName;
  readonly method: PaymentMethod;
  readonly orderId: string;
  readonly userId: string;
  readonly orderStatus: OrderStatus;
  readonly reason: UnappliedReason;
  readonly disposition: Disposition;
  /** What is being done about it; null once it is applied. */
  readonly policy: UnappliedPolicy | null;
  /** What the order costs. */
  readonly expected: Fen;
  readonly received: Fen;
  readonly refunding: Fen;
  readonly refunded: Fen;
  /** Given back by others, in the provider's console. */
  readonly refundedElsewhere: Fen;
  readonly paidAt: Date | null;
}

/** An attempt whose money could not pay its order at once. */
export type ReceiptRow = AttemptRow & {
  readonly unappliedReason: UnappliedReason;
  readonly disposition: Disposition;
};

/** The money with all that is decided by. */
export interface FoundReceipt {
  readonly attempt: ReceiptRow;
  readonly order: OrderRow;
  readonly refundedElsewhere: Fen;
}

export function isReceipt(attempt: AttemptRow): attempt is ReceiptRow {
  return attempt.unappliedReason !== null && attempt.disposition !== null;
}

/** What has not gone back, and is not on its way there, in fen. */
export function leftOf({ attempt, refundedElsewhere }: Pick<FoundReceipt, "attempt" | "refundedElsewhere">): Fen {
  const { received, refunding, refunded } = attempt;
  return fen(Math.max(0, received - refunding - refunded - refundedElsewhere));
}

export function receiptView({ attempt, order, refundedElsewhere }: FoundReceipt): ReceiptView {
  return {
    outTradeNo: attempt.outTradeNo,
    providerTradeNo: attempt.providerTradeNo,
    provider: attempt.provider,
    method: attempt.method,
    orderId: attempt.orderId,
    userId: attempt.userId,
    orderStatus: orderStatus(order),
    reason: attempt.unappliedReason,
    disposition: attempt.disposition,
    policy: attempt.policy,
    expected: order.amount,
    received: attempt.received,
    refunding: attempt.refunding,
    refunded: attempt.refunded,
    refundedElsewhere,
    paidAt: attempt.paidAt,
  };
}
