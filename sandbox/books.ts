/**
 * The simulator's books: trades and refunds of both providers, in memory. Every change of a trade goes through
 * here; a change that real books could not hold throws. Amounts are fen, times ms of the schedule clock.
 */
import { randomText } from "./crypto.ts";

export type Provider = "wechat" | "alipay";

/** `unopened`: Alipay has handed out a QR code that nobody has scanned, so the trade does not exist yet. */
type TradeState = "unopened" | "open" | "paid" | "closed";

export type RefundStatus = "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED";

export interface Refund {
  readonly provider: Provider;
  readonly outTradeNo: string;
  readonly outRefundNo: string;
  readonly providerRefundNo: string;
  readonly amount: number;
  readonly reason: string | undefined;
  readonly notifyUrl: string | undefined;
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  readonly createdAt: number;
  status: RefundStatus;
  succeededAt: number | null;
}

export interface Trade {
  readonly provider: Provider;
  readonly outTradeNo: string;
  readonly subject: string;
  readonly notifyUrl: string | undefined;
  readonly attach: string | undefined;
  readonly fingerprint: string;
  readonly createdAt: number;
  /** From then on the buyer can't pay. */
  expiresAt: number;
  /** From then on an open trade counts as closed. */
  closesAt: number;
  /** The secret in the QR code's address, and until when a scan takes it. */
  token: string;
  tokenUntil: number;
  amount: number;
  providerTradeNo: string | null;
  state: TradeState;
  openedAt: number | null;
  paidAt: number | null;
  closedAt: number | null;
  readonly refunds: Refund[];
}

type TradeDraft = Pick<
  Trade,
  "provider" | "outTradeNo" | "subject" | "notifyUrl" | "attach" | "fingerprint" | "createdAt" | "expiresAt"
> &
  Pick<Trade, "closesAt" | "tokenUntil" | "amount" | "state" | "providerTradeNo">;

type RefundDraft = Omit<Refund, "provider" | "outTradeNo" | "status" | "succeededAt">;

export class Books {
  readonly #trades = new Map<string, Trade>();
  /** Trades by token and by the provider's number, refunds by the merchant's. */
  readonly #byToken = new Map<string, Trade>();
  readonly #byProviderNo = new Map<string, Trade>();
  readonly #refunds = new Map<string, Refund>();
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

  /** Enters a new trade. */
  enter(draft: TradeDraft): Trade {
    if (this.trade(draft.provider, draft.outTradeNo)) throw new Error(`trade ${draft.outTradeNo} is there already`);
    const events = { openedAt: draft.state === "open" ? draft.createdAt : null, paidAt: null, closedAt: null };
    const trade: Trade = { ...draft, ...events, token: randomText(24), refunds: [] };
    this.#trades.set(key(draft.provider, draft.outTradeNo), trade);
    this.#byToken.set(key(draft.provider, trade.token), trade);
    this.#number(trade, trade.providerTradeNo);
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
    this.#number(trade, providerTradeNo);
  }

  /** The buyer has paid. `amount` differs from the trade's only where a test wants it so. */
  pay(trade: Trade, providerTradeNo: string, amount: number): void {
    expect(trade, "open");
    if (this.#now() >= trade.expiresAt) throw new Error(`trade ${trade.outTradeNo} can't be paid any more`);
    Object.assign(trade, { state: "paid", amount, paidAt: this.#now() });
    this.#number(trade, providerTradeNo);
  }

  /** Nobody can pay the trade any more. */
  close(trade: Trade): void {
    expect(trade, "open");
    Object.assign(trade, { state: "closed", closedAt: this.#now() });
  }

  /** Moves the end of a trade's time to now. */
  expire(trade: Trade): void {
    const closes = trade.closesAt === trade.expiresAt;
    trade.expiresAt = Math.min(trade.expiresAt, this.#now());
    if (closes) trade.closesAt = trade.expiresAt;
  }

  /** Gives some of the money back, once settled. */
  startRefund(trade: Trade, draft: RefundDraft): Refund {
    expect(trade, "paid");
    if (draft.amount > refundable(trade)) throw new Error(`refund ${draft.outRefundNo} exceeds what is left`);
    const { provider, outTradeNo } = trade;
    const refund: Refund = { ...draft, provider, outTradeNo, status: "PROCESSING", succeededAt: null };
    trade.refunds.push(refund);
    this.#refunds.set(key(provider, draft.outRefundNo), refund);
    return refund;
  }

  /** Says how a refund went. Only SUCCESS and CLOSED are final. */
  settleRefund(refund: Refund, status: RefundStatus): void {
    if (isFinal(refund)) throw new Error(`refund ${refund.outRefundNo} is ${refund.status} for good`);
    refund.status = status;
    if (status === "SUCCESS") refund.succeededAt = this.#now();
  }

  clear(): void {
    for (const index of [this.#trades, this.#byToken, this.#byProviderNo, this.#refunds]) index.clear();
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

function expect(trade: Trade, state: TradeState): void {
  if (trade.state !== state) throw new Error(`trade ${trade.outTradeNo} is ${trade.state}, not ${state}`);
}

function key(provider: Provider, outTradeNo: string): string {
  return `${provider} ${outTradeNo}`;
}
