/**
 * The simulator's books: trades and refunds of both providers, in memory. Every change of a trade goes through
 * here; a change that real books could not hold throws.
 */
import { randomText } from "./crypto.ts";
import {
  isFinal,
  type Provider,
  type Refund,
  type RefundStatus,
  refundable,
  type Trade,
  type TradeState,
} from "./trade.ts";

type TradeDraft = Pick<
  Trade,
  "provider" | "product" | "appId" | "outTradeNo" | "subject" | "notifyUrl" | "attach" | "fingerprint" | "createdAt"
> &
  Pick<Trade, "expiresAt" | "closesAt" | "tokenUntil" | "amount" | "state" | "providerTradeNo"> &
  Partial<Pick<Trade, "openid" | "deviceId" | "combined" | "alipay">>;

type RefundDraft = Pick<
  Refund,
  "outRefundNo" | "providerRefundNo" | "amount" | "reason" | "notifyUrl" | "fingerprint" | "createdAt"
> &
  Partial<Pick<Refund, "byHand" | "numbered">>;

/** How a trade was paid. `amount` differs from the trade's only where a test wants it so. */
type Payment = Pick<Trade, "amount" | "coupon" | "openid"> & { readonly providerTradeNo: string };

export class Books {
  readonly #trades = new Map<string, Trade>();
  /** Trades by token and by the provider's number, refunds by the merchant's and by the provider's. */
  readonly #byToken = new Map<string, Trade>();
  readonly #byProviderNo = new Map<string, Trade>();
  readonly #refunds = new Map<string, Refund>();
  readonly #refundsByProviderNo = new Map<string, Refund>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Every trade, newest first. */
  trades(provider?: Provider): Trade[] {
    const all = [...this.#trades.values()].filter((trade) => provider === undefined || trade.provider === provider);
    for (const trade of all) this.#current(trade);
    return all.reverse();
  }

  refunds(provider?: Provider): Refund[] {
    return this.trades(provider).flatMap((trade) => trade.refunds);
  }

  /** The trade of a merchant's number, closed by now if its time is over. */
  trade(provider: Provider, outTradeNo: string): Trade | undefined {
    return this.#current(this.#trades.get(key(provider, outTradeNo)));
  }

  tradeByProviderNo(provider: Provider, providerTradeNo: string): Trade | undefined {
    return this.#current(this.#byProviderNo.get(key(provider, providerTradeNo)));
  }

  tradeByToken(provider: Provider, token: string): Trade | undefined {
    return this.#current(this.#byToken.get(key(provider, token)));
  }

  /** The refund of a merchant's number; where a provider counts them per trade, the newest. */
  refund(provider: Provider, outRefundNo: string): Refund | undefined {
    return this.#refunds.get(key(provider, outRefundNo));
  }

  refundByProviderNo(provider: Provider, providerRefundNo: string): Refund | undefined {
    return this.#refundsByProviderNo.get(key(provider, providerRefundNo));
  }

  /** Enters a new trade. */
  enter(draft: TradeDraft): Trade {
    if (this.trade(draft.provider, draft.outTradeNo)) throw new Error(`trade ${draft.outTradeNo} is there already`);
    const events = { openedAt: draft.state === "open" ? draft.createdAt : null, paidAt: null, closedAt: null };
    const none = { openid: null, deviceId: undefined, combined: null, alipay: null, coupon: 0, shownState: null };
    const trade: Trade = { ...none, ...draft, ...events, token: randomText(24), refunds: [] };
    this.#trades.set(key(draft.provider, draft.outTradeNo), trade);
    this.#byToken.set(key(draft.provider, trade.token), trade);
    this.#number(trade, trade.providerTradeNo);
    trade.combined?.trades.push(trade);
    return trade;
  }

  /** Gives the trade a new QR address. The old one is dead. */
  renewToken(trade: Trade, until: number): void {
    this.#byToken.delete(key(trade.provider, trade.token));
    trade.token = randomText(24);
    trade.tokenUntil = until;
    this.#byToken.set(key(trade.provider, trade.token), trade);
  }

  /** The buyer has opened the cashier of a trade that did not exist until now. */
  open(trade: Trade, providerTradeNo: string): void {
    expect(trade, "unopened");
    Object.assign(trade, { state: "open", openedAt: this.#now() });
    const fromOpening = trade.alipay?.fromOpening ?? null;
    if (fromOpening !== null) trade.closesAt = trade.expiresAt = this.#now() + fromOpening;
    this.#number(trade, providerTradeNo);
  }

  /** The buyer has paid. */
  pay(trade: Trade, payment: Payment): void {
    expect(trade, "open");
    if (this.#now() >= trade.expiresAt) throw new Error(`trade ${trade.outTradeNo} can't be paid any more`);
    const { providerTradeNo, ...paid } = payment;
    Object.assign(trade, { ...paid, state: "paid", shownState: null, paidAt: this.#now() });
    this.#number(trade, providerTradeNo);
  }

  /** Nobody can pay the trade any more. */
  close(trade: Trade): void {
    expect(trade, "open");
    Object.assign(trade, { state: "closed", shownState: null, closedAt: this.#now() });
  }

  /** Moves the end of a trade's time to now. */
  expire(trade: Trade): void {
    const closes = trade.closesAt === trade.expiresAt;
    trade.expiresAt = Math.min(trade.expiresAt, this.#now());
    if (closes) trade.closesAt = trade.expiresAt;
  }

  /** Lets queries call the trade's state something else, until it changes. */
  show(trade: Trade, state: string | null): void {
    trade.shownState = state;
  }

  /** Gives some of the money back, once settled. */
  startRefund(trade: Trade, draft: RefundDraft): Refund {
    expect(trade, "paid");
    if (draft.amount > refundable(trade)) throw new Error(`refund ${draft.outRefundNo} exceeds what is left`);
    const { provider, outTradeNo } = trade;
    const start = { status: "PROCESSING", succeededAt: null, redirected: null, depositBack: null } as const;
    const refund: Refund = { byHand: false, numbered: true, ...draft, ...start, provider, outTradeNo, changes: [] };
    trade.refunds.push(refund);
    this.#refunds.set(key(provider, draft.outRefundNo), refund);
    this.#refundsByProviderNo.set(key(provider, draft.providerRefundNo), refund);
    return refund;
  }

  /** Says how a refund went. Only SUCCESS and CLOSED are final. */
  settleRefund(refund: Refund, status: RefundStatus): void {
    if (isFinal(refund)) throw new Error(`refund ${refund.outRefundNo} is ${refund.status} for good`);
    this.#become(refund, status);
    if (status === "SUCCESS") refund.succeededAt = this.#now();
  }

  /** Sends the money of an ABNORMAL refund to another account. */
  redirectRefund(refund: Refund, redirected: NonNullable<Refund["redirected"]>): void {
    if (refund.status !== "ABNORMAL") throw new Error(`refund ${refund.outRefundNo} is ${refund.status}`);
    this.#become(refund, "PROCESSING");
    refund.redirected = redirected;
  }

  clear(): void {
    for (const index of [this.#trades, this.#byToken, this.#byProviderNo]) index.clear();
    for (const index of [this.#refunds, this.#refundsByProviderNo]) index.clear();
  }

  #become(refund: Refund, status: RefundStatus): void {
    refund.status = status;
    refund.changes.push({ status, at: this.#now() });
  }

  #number(trade: Trade, providerTradeNo: string | null): void {
    trade.providerTradeNo = providerTradeNo;
    if (providerTradeNo !== null) this.#byProviderNo.set(key(trade.provider, providerTradeNo), trade);
  }

  #current<T extends Trade | undefined>(trade: T): T {
    if (trade?.state === "open" && this.#now() >= trade.closesAt) {
      Object.assign(trade, { state: "closed", closedAt: trade.closesAt });
    }
    return trade;
  }
}

function expect(trade: Trade, state: TradeState): void {
  if (trade.state !== state) throw new Error(`trade ${trade.outTradeNo} is ${trade.state}, not ${state}`);
}

function key(provider: Provider, number: string): string {
  return `${provider} ${number}`;
}
