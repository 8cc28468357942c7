/** Trades in Alipay's words: the biz_content that opens one, and what a query or a notice says about it. */
import * as z from "zod";
import { type Fen, formatYuan } from "../../money.ts";
import { formatBeijing } from "../beijing-time.ts";
import type { AttemptDraft, TradeView } from "../provider.ts";
import { normaliseSubject } from "../subject.ts";
import { beijingTime, optional, yuan } from "./values.ts";

/** The interface forbids these in a subject; full-width ones look alike. */
export const ALIPAY_TEXT = { maxLength: 256, replace: { "/": "／", "=": "＝", "&": "＆" } };

/** The biz_content of a precreate call. Repeating a number needs this very text again. */
export function precreateContent(draft: AttemptDraft): string {
  return JSON.stringify({
    out_trade_no: draft.outTradeNo,
    total_amount: formatYuan(draft.amount),
    subject: normaliseSubject(draft.subject, ALIPAY_TEXT, draft.orderId),
    product_code: "FACE_TO_FACE_PAYMENT",
    time_expire: formatBeijing(draft.expiresAt),
  });
}

/** The reply to a query. */
export const queriedTrade = z.object({
  out_trade_no: z.string(),
  trade_no: optional(z.string()),
  trade_status: z.string(),
  total_amount: optional(yuan),
  send_pay_date: optional(beijingTime),
  refund_fee: optional(yuan),
  credit_pay_mode: optional(z.string()),
});

/** The reply to closing. */
export const closedTrade = z.object({ out_trade_no: z.string() });

/** What tells a trade's state, the same in queries and notices. */
interface TradeFacts {
  readonly tradeStatus: string;
  readonly tradeNo: string | undefined;
  readonly totalAmount: Fen | undefined;
  readonly paidAt: Date | undefined;
  /** Whether money has gone back. */
  readonly refunded: boolean;
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
export function tradeView(facts: TradeFacts): TradeView | undefined {
  switch (facts.tradeStatus) {
    case "WAIT_BUYER_PAY":
      return { status: "pending" };
    case "TRADE_SUCCESS":
    case "TRADE_FINISHED":
      if (facts.creditPayMode) return { status: "pending" };
      return withReceipt(facts.refunded ? "refunded" : "paid", facts);
    case "TRADE_CLOSED":
      return facts.paidAt || facts.refunded ? withReceipt("refunded", facts) : { status: "closed" };
    default:
      return undefined;
  }
}

function withReceipt(status: "paid" | "refunded", facts: TradeFacts): TradeView | undefined {
  if (!facts.tradeNo || facts.totalAmount === undefined) return undefined;
  const paidAt = facts.paidAt ?? facts.saidAt;
  return { status, receipt: { providerTradeNo: facts.tradeNo, amount: facts.totalAmount, paidAt } };
}
