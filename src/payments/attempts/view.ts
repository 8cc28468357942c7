/** An attempt as its buyer sees it. */
import type { AttemptState, paymentTransactions } from "../../../db/schema/payments.ts";
import type { AttemptKey } from "../../../db/statements/settle.ts";
import type { Fen } from "../../money.ts";
import type { AskedAttempt, AttemptRef } from "../../providers/attempt.ts";
import type { Credential } from "../../providers/credential.ts";
import type { PaymentMethod, ProviderName } from "../../providers/methods.ts";
import type { PaymentContext } from "../context.ts";
import type { OrderStatus } from "../orders/view.ts";
import { type Field, unseal } from "../sealed.ts";

export type AttemptRow = typeof paymentTransactions.$inferSelect;

/** CREATED and PENDING are one to a caller: the buyer may pay. */
export type PaymentStatus = Exclude<AttemptState, "CREATED">;

/** What `create` hands to the client, narrowed by `method`. Amounts in fen. */
export type PaymentView = Credential & {
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  readonly amount: Fen;
  readonly expiresAt: Date;
  readonly credentialExpiresAt: Date | null;
};

/** What `query` and `close` answer. Amounts in fen. */
export interface PaymentState {
  readonly orderId: string;
  readonly orderStatus: OrderStatus;
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly provider: ProviderName;
  readonly method: PaymentMethod;
  readonly providerTradeNo: string | null;
  readonly status: PaymentStatus;
  readonly amount: Fen;
  readonly refundedAmount: Fen;
  /** False for money that came but could not pay the order: it goes back, or an operator decides. */
  readonly applied: boolean;
  readonly paidAt: Date | null;
  readonly expiresAt: Date;
}

export function paymentStatus(state: AttemptState): PaymentStatus {
  return state === "CREATED" ? "PENDING" : state;
}

export function paymentState(attempt: AttemptRow, orderStatus: OrderStatus): PaymentState {
  return {
    orderId: attempt.orderId,
    orderStatus,
    transactionId: attempt.outTradeNo,
    outTradeNo: attempt.outTradeNo,
    provider: attempt.provider,
    method: attempt.method,
    providerTradeNo: attempt.providerTradeNo,
    status: paymentStatus(attempt.state),
    amount: attempt.amount,
    refundedAmount: attempt.refunded,
    applied: attempt.disposition === "APPLIED",
    paidAt: attempt.paidAt,
    expiresAt: attempt.expiresAt,
  };
}

/** The attempt as a provider is asked about it. */
export function attemptRef(attempt: AttemptRow): AskedAttempt {
  const { method, outTradeNo, orderId, userId, amount, expiresAt } = attempt;
  return { method, outTradeNo, orderId, userId, amount, expiresAt };
}

/** The attempt as it is sent, with its text. Throws SealedTextError. */
export async function recordedAttempt(ctx: PaymentContext, attempt: AttemptRow): Promise<AttemptRef> {
  const request = await unseal(ctx, requestField(attempt), attempt.request);
  return { ...attemptRef(attempt), request };
}

/** Where the text of an attempt stands. */
export function requestField({ outTradeNo }: Pick<AttemptRow, "outTradeNo">): Field {
  return { column: "payment_transactions.request", row: outTradeNo };
}

/** The attempt as statements name it. */
export function attemptKey({ provider, outTradeNo, method }: AttemptRow): AttemptKey {
  return { provider, outTradeNo, methods: [method] };
}

/** Whether the attempt has not ended: money may come, and the provider has not been heard to exclude it. */
export function isOpen(state: AttemptState): boolean {
  return state === "CREATED" || state === "PENDING" || state === "CLOSING";
}
