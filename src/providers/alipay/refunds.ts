/** Refunds in Alipay's words: the biz_content that asks for one, and what replies say about it. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import { InputError } from "../input-error.ts";
import type { RefundView } from "../refund.ts";
import { alipayNumber, amount, ownNumber, shownText, text, writeContent } from "./content-rules.ts";
import { numberMember, strangeNumber, type TradeNumber } from "./replies.ts";
import { beijingTime, optional, yuan } from "./values.ts";

/** A refund by its number, and the trade by one number or the other. */
interface NumberedRefund {
  readonly outRefundNo: string;
  readonly outTradeNo?: string | undefined;
  readonly tradeNo?: string | undefined;
}

/** A refund to ask for. Where its amount is said, a refund of another one is not it. */
export interface AlipayRefundQuery extends NumberedRefund {
  readonly amount?: Fen | undefined;
}

/** A refund of a trade, before it is put into Alipay's words. */
export interface AlipayRefundDraft extends NumberedRefund {
  /** What goes back now. */
  readonly amount: Fen;
  readonly reason?: string | undefined;
  readonly operatorId?: string | undefined;
  readonly storeId?: string | undefined;
  readonly terminalId?: string | undefined;
}

/** A refund that exists, or may. */
export type ExistingRefund = Exclude<RefundView, { status: "not_found" }>;

const PROCESSING: ExistingRefund = { status: "processing", providerRefundNo: null, amount: null, succeededAt: null };

/** The trade of a refund. Throws InputError when it has no number. */
export function tradeOf({ outTradeNo, tradeNo }: NumberedRefund): TradeNumber {
  if (outTradeNo !== undefined) return { outTradeNo };
  if (tradeNo !== undefined) return { tradeNo };
  throw new InputError("out_trade_no", "is missing, and so is trade_no");
}

const refundRequest = z.object({
  trade_no: alipayNumber.optional(),
  out_trade_no: ownNumber.optional(),
  refund_amount: amount,
  out_request_no: ownNumber,
  refund_reason: text(256).optional(),
  operator_id: text(30).optional(),
  store_id: text(32).optional(),
  terminal_id: text(32).optional(),
});

/**
 * The biz_content of a refund call. `out_request_no` makes repeating it harmless, so it is always there.
 * @throws InputError naming the member that Alipay would not take
 */
export function refundContent(draft: AlipayRefundDraft): string {
  return writeContent(refundRequest, {
    trade_no: draft.tradeNo,
    out_trade_no: draft.outTradeNo,
    refund_amount: draft.amount,
    out_request_no: draft.outRefundNo,
    refund_reason: shownText(draft.reason, 256),
    operator_id: draft.operatorId,
    store_id: draft.storeId,
    terminal_id: draft.terminalId,
  });
}

/** Which refund is asked for, and what the answer has to confirm of it. */
export interface AskedRefund {
  readonly outRefundNo: string;
  readonly trade: TradeNumber;
  readonly amount?: Fen | undefined;
}

/** The biz_content of a refund query. */
export function refundQueryContent({ trade, outRefundNo }: AskedRefund): string {
  return JSON.stringify({
    ...numberMember(trade),
    out_request_no: outRefundNo,
    query_options: ["gmt_refund_pay"],
  });
}

/** The reply to a refund call. Its `refund_fee` is the sum of all refunds of the trade, so it is not read. */
export const refundReply = z.object({
  out_trade_no: optional(z.string()),
  trade_no: optional(z.string()),
  fund_change: optional(z.string()),
  gmt_refund_pay: optional(beijingTime),
});

/** Says what the reply means: only `fund_change=Y` says that money moved, anything else has to be asked about. */
export function startedRefund(reply: z.output<typeof refundReply>, refunded: Fen): ExistingRefund {
  return reply.fund_change === "Y" ? succeeded(refunded, reply.gmt_refund_pay) : PROCESSING;
}

/** The reply to a refund query. Code 10000 also comes when there is no such refund; then members are missing. */
export const refundQueryReply = z.object({
  out_trade_no: optional(z.string()),
  trade_no: optional(z.string()),
  out_request_no: optional(z.string()),
  refund_status: optional(z.string()),
  refund_amount: optional(yuan),
  gmt_refund_pay: optional(beijingTime),
});

/**
 * Says what the reply means. An absent status is not received, under way, or failed: it never ends a refund. Returns
 * undefined when the reply speaks of another refund than the one asked for.
 */
export function queriedRefund(
  reply: z.output<typeof refundQueryReply>,
  asked: AskedRefund,
): ExistingRefund | undefined {
  if (reply.refund_status !== "REFUND_SUCCESS") return PROCESSING;
  if (reply.out_request_no !== asked.outRefundNo || strangeNumber(reply, asked.trade)) return undefined;
  const refunded = reply.refund_amount;
  if (refunded === undefined || (asked.amount !== undefined && refunded !== asked.amount)) return undefined;
  return succeeded(refunded, reply.gmt_refund_pay);
}

function succeeded(refunded: Fen, succeededAt: Date | undefined): ExistingRefund {
  return { status: "success", providerRefundNo: null, amount: refunded, succeededAt: succeededAt ?? null };
}
