/** Trades and refunds of both providers as the simulator keeps them. Amounts are fen, times ms of the schedule clock. */

export type Provider = "wechat" | "alipay";

/** How a trade is paid: WeChat Pay's four endpoints, Alipay's six; both have an `app`. */
export type Product = "jsapi" | "native" | "h5" | "app" | AlipayProduct;
export type AlipayProduct = "precreate" | "page" | "wap" | "app" | "create" | "pay";

/** `unopened`: Alipay knows of an order whose cashier nobody has opened, so the trade does not exist yet. */
export type TradeState = "unopened" | "open" | "paid" | "closed";

export type RefundStatus = "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED";

/** On its way, arrived, or sent back by the bank. */
export type DepositBack = "P" | "S" | "F";

export interface Refund {
  readonly provider: Provider;
  readonly outTradeNo: string;
  readonly outRefundNo: string;
  readonly providerRefundNo: string;
  readonly amount: number;
  readonly reason: string | undefined;
  readonly notifyUrl: string | undefined;
  /** Made by hand in the provider's console. */
  readonly byHand: boolean;
  /** Alipay: whether its number was given; else it goes by the trade's. */
  readonly numbered: boolean;
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  readonly createdAt: number;
  status: RefundStatus;
  succeededAt: number | null;
  /** What the status became, and when: bills tell what was known when they were made. */
  readonly changes: { readonly status: RefundStatus; readonly at: number }[];
  /** Where the money of an ABNORMAL refund was sent instead, and what asked for it. */
  redirected: { readonly account: string; readonly fingerprint: string } | null;
  /** Alipay: whether the buyer's bank has the money; null where it went into the buyer's balance. */
  depositBack: { readonly status: DepositBack; readonly at: number } | null;
}

/** One payment for several trades (WeChat Pay's 合单): they are paid together or not at all. */
export interface CombinedTrade {
  readonly combineOutTradeNo: string;
  /** All of them, in the order of the request. */
  readonly trades: Trade[];
}

/** What Alipay alone keeps of a trade. */
interface AlipayTerms {
  readonly body: string | undefined;
  readonly storeId: string | undefined;
  readonly operatorId: string | undefined;
  readonly terminalId: string | undefined;
  /** How long the buyer has once the cashier is open, in ms, where the time starts then. */
  readonly fromOpening: number | null;
  /** `creditAdvanceV2`: the buyer pays later, and has not yet. */
  creditPayMode: string | null;
  /** No refunds any more, whatever the time. */
  finished: boolean;
}

export interface Trade {
  readonly provider: Provider;
  readonly product: Product;
  /** The application that the trade was made for. */
  readonly appId: string;
  readonly outTradeNo: string;
  readonly subject: string;
  readonly notifyUrl: string | undefined;
  readonly attach: string | undefined;
  readonly deviceId: string | undefined;
  readonly fingerprint: string;
  readonly createdAt: number;
  readonly combined: CombinedTrade | null;
  readonly alipay: AlipayTerms | null;
  /** The payer within the application (Alipay: the user id): named by the order, or known since the payment. */
  openid: string | null;
  /** From then on the buyer can't pay. */
  expiresAt: number;
  /** From then on an open trade counts as closed. */
  closesAt: number;
  /** The secret in what the client is given to pay with, and until when that is good. */
  token: string;
  tokenUntil: number;
  amount: number;
  /** The part of the amount that a coupon paid. */
  coupon: number;
  providerTradeNo: string | null;
  state: TradeState;
  /** What queries call the trade's state instead of what it is, where a test wants it so. */
  shownState: string | null;
  openedAt: number | null;
  paidAt: number | null;
  closedAt: number | null;
  readonly refunds: Refund[];
}

/** The trades that are paid at one go with this one, itself included. */
export function paidTogether(trade: Trade): readonly Trade[] {
  return trade.combined?.trades ?? [trade];
}

/** Whether nothing can change a refund any more. */
export function isFinal(refund: Refund): boolean {
  return refund.status === "SUCCESS" || refund.status === "CLOSED";
}

/** What has gone back for certain. */
export function refunded(trade: Trade): number {
  return sum(trade.refunds.filter((refund) => refund.status === "SUCCESS"));
}

/** What may still be asked back: refunds under way count as gone, closed ones don't. */
export function refundable(trade: Trade): number {
  return trade.amount - sum(trade.refunds.filter((refund) => refund.status !== "CLOSED"));
}

/** What two requests must share to be one: member order aside, every value. */
export function fingerprint(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sum(refunds: readonly Refund[]): number {
  return refunds.reduce((total, refund) => total + refund.amount, 0);
}
