/** A combined payment as its buyer sees it. */
import type { Fen } from "../../money.ts";
import { fen } from "../../money.ts";
import type { Credential } from "../../providers/credential.ts";
import { type PaymentMethod, type ProviderName, WECHAT_METHODS, type WechatMethod } from "../../providers/methods.ts";
import { type PaymentState, type PaymentStatus, paymentState, paymentStatus } from "../attempts/view.ts";
import { orderStatus } from "../orders/view.ts";
import type { Combined, Sendable, Trade } from "./record.ts";

/** What the buyer pays with: combined payments have WeChat Pay's methods only. */
type CombinedCredential = Extract<Credential, { readonly method: WechatMethod }>;

function isOfCombined(credential: Credential): credential is CombinedCredential {
  return WECHAT_METHODS.some((method) => method === credential.method);
}

/** What `create` hands to the client, narrowed by `method`. Amounts in fen; `amount` is that of all orders together. */
export type CombinedPaymentView = CombinedCredential & {
  readonly combineOutTradeNo: string;
  readonly status: PaymentStatus;
  readonly amount: Fen;
  readonly expiresAt: Date;
  readonly credentialExpiresAt: Date | null;
  readonly orders: readonly {
    readonly orderId: string;
    readonly outTradeNo: string;
    readonly status: PaymentStatus;
    readonly amount: Fen;
  }[];
};

/** What `query` and `close` answer. Amounts in fen. */
export interface CombinedPaymentState {
  readonly combineOutTradeNo: string;
  readonly provider: ProviderName;
  readonly method: PaymentMethod;
  readonly status: PaymentStatus;
  readonly amount: Fen;
  readonly expiresAt: Date;
  readonly orders: readonly PaymentState[];
}

/** Whatever of it is least finished: the provider takes the money of all or of none, the books take it one by one. */
const BY_URGENCY: readonly PaymentStatus[] = ["PENDING", "CLOSING", "SUCCESS", "CLOSED", "FAILED"];

function statusOf(trades: readonly Trade[]): PaymentStatus {
  const statuses = trades.map((trade) => paymentStatus(trade.state));
  return BY_URGENCY.find((status) => statuses.includes(status)) ?? "FAILED";
}

function amountOf(trades: readonly Trade[]): Fen {
  return fen(trades.reduce((sum, trade) => sum + trade.amount, 0));
}

export function combinedView({ payment, trades }: Sendable, credential: Credential): CombinedPaymentView {
  if (!isOfCombined(credential)) throw new Error("a credential that combined payments do not have");
  return {
    ...credential,
    combineOutTradeNo: payment.combineOutTradeNo,
    status: statusOf(trades),
    amount: amountOf(trades),
    expiresAt: payment.expiresAt,
    credentialExpiresAt: payment.credentialExpiresAt,
    orders: trades.map(({ orderId, outTradeNo, state, amount }) => ({
      orderId,
      outTradeNo,
      status: paymentStatus(state),
      amount,
    })),
  };
}

export function combinedState({ payment, parts }: Combined): CombinedPaymentState {
  const { combineOutTradeNo, provider, method, expiresAt } = payment;
  const attempts = parts.map((part) => part.attempt);
  return {
    ...{ combineOutTradeNo, provider, method, expiresAt },
    status: statusOf(attempts),
    amount: amountOf(attempts),
    orders: parts.map(({ attempt, order }) => paymentState(attempt, orderStatus(order))),
  };
}
