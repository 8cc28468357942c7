/** Trades in Alipay's words: what a query, a payment by bar code or a notice says about one. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import type { Receipt, TradeView } from "../trade.ts";
import { alipayOwnNumber, beijingTime, optional, yuan } from "./values.ts";

/** The reply to a query. Members and states may be added any time. */
export const queriedTrade = z.object({
  out_trade_no: z.string().min(1),
  trade_no: optional(alipayOwnNumber),
  trade_status: z.string(),
  total_amount: optional(yuan),
  send_pay_date: optional(beijingTime),
  refund_fee: optional(yuan),
  credit_pay_mode: optional(z.string()),
  passback_params: optional(z.string()),
});

/** The reply to a payment by bar code. Only with code 10000 has the buyer paid. */
export const paidTrade = z.object({
  code: z.string(),
  out_trade_no: z.string().min(1),
  trade_no: optional(alipayOwnNumber),
  total_amount: optional(yuan),
  gmt_payment: optional(beijingTime),
  credit_pay_mode: optional(z.string()),
});

/** A trade that exists. */
export type ExistingTrade = Exclude<TradeView, { status: "not_found" }>;

/** What tells a trade's state, the same in queries and notices. */
interface TradeFacts {
  readonly tradeStatus: string;
  readonly tradeNo: string | undefined;
  readonly totalAmount: Fen | undefined;
  readonly paidAt: Date | undefined;
  /** Whether money has gone back, and how much of it where that is said. */
  readonly refunded: boolean;
  readonly refundFee: Fen | undefined;
  /** Set when the buyer may pay later; no known mode means that the money has come. */
  readonly creditPayMode: string | undefined;
  /** When Alipay said so: stands in for a time of payment that it left out. */
  readonly saidAt: Date;
}

export const TRADE_STATUSES: ReadonlySet<string> = new Set([
  "WAIT_BUYER_PAY",
  "TRADE_SUCCESS",
  "TRADE_FINISHED",
  "TRADE_CLOSED",
]);

/**
 * Says what a trade's state means. TRADE_CLOSED covers trades never paid and trades given back in full; only what
 * else is known tells them apart. Returns undefined for a state not known, or a paid trade without its receipt.
 */
export function tradeView(facts: TradeFacts): ExistingTrade | undefined {
  switch (facts.tradeStatus) {
    case "WAIT_BUYER_PAY":
      return { status: "pending" };
    case "TRADE_SUCCESS":
    case "TRADE_FINISHED":
      if (facts.creditPayMode) return { status: "pending" };
      return facts.refunded ? givenBack(facts, facts.refundFee) : paid(facts);
    case "TRADE_CLOSED":
      return facts.paidAt || facts.refunded ? givenBack(facts, facts.totalAmount) : { status: "closed" };
    default:
      return undefined;
  }
}

function paid(facts: TradeFacts): ExistingTrade | undefined {
  const receipt = receiptOf(facts);
  return receipt && { status: "paid", receipt };
}

function givenBack(facts: TradeFacts, goneBack: Fen | undefined): ExistingTrade | undefined {
  const receipt = receiptOf(facts);
  return receipt && { status: "refunded", receipt, goneBack };
}

function receiptOf({ tradeNo, totalAmount, paidAt, saidAt }: TradeFacts): Receipt | undefined {
  if (!tradeNo || totalAmount === undefined) return undefined;
  return { providerTradeNo: tradeNo, amount: totalAmount, paidAt: paidAt ?? saidAt };
}
