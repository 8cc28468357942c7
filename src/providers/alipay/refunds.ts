/** Refunds in Alipay's words: the biz_content that asks for one, and what replies say about it. */
import * as z from "zod";
import { formatYuan } from "../../money.ts";
import type { RefundDraft, RefundRef, RefundView } from "../provider.ts";
import { normaliseText } from "../subject.ts";
import { ALIPAY_TEXT } from "./trades.ts";
import { beijingTime, optional, yuan } from "./values.ts";

type StartedRefund = Exclude<RefundView, { status: "not_found" }>;

const PROCESSING: StartedRefund = { status: "processing", providerRefundNo: null, amount: null, succeededAt: null };

/** The biz_content of a refund call. `out_request_no` makes repeating it harmless, so it is always there. */
export function refundContent(draft: RefundDraft): string {
  const reason = normaliseText(draft.reason, ALIPAY_TEXT);
  return JSON.stringify({
    out_trade_no: draft.outTradeNo,
    refund_amount: formatYuan(draft.amount),
    out_request_no: draft.outRefundNo,
    ...(reason === "" ? {} : { refund_reason: reason }),
  });
}

/** The biz_content of a refund query. */
export function refundQueryContent(refund: RefundRef): string {
  return JSON.stringify({
    out_trade_no: refund.outTradeNo,
    out_request_no: refund.outRefundNo,
    query_options: ["gmt_refund_pay"],
  });
}

/** The reply to a refund call. Its `refund_fee` is the sum of all refunds of the trade, so it is not read. */
export const refundReply = z.object({
  out_trade_no: z.string(),
  fund_change: optional(z.string()),
  gmt_refund_pay: optional(beijingTime),
});

/** Says what the reply means: only `fund_change=Y` says that money moved, anything else has to be asked about. */
export function startedRefund(reply: z.output<typeof refundReply>, asked: RefundRef): StartedRefund {
  if (reply.fund_change !== "Y") return PROCESSING;
  return succeeded(asked, reply.gmt_refund_pay);
}

/** The reply to a refund query. Code 10000 also comes when there is no such refund; then members are missing. */
export const refundQueryReply = z.object({
  out_trade_no: optional(z.string()),
  out_request_no: optional(z.string()),
  refund_status: optional(z.string()),
  refund_amount: optional(yuan),
  gmt_refund_pay: optional(beijingTime),
});

/** Says what the reply means. Returns undefined when it speaks of another refund than the one asked for. */
export function queriedRefund(reply: z.output<typeof refundQueryReply>, asked: RefundRef): StartedRefund | undefined {
  if (reply.refund_status !== "REFUND_SUCCESS") return PROCESSING;
  if (reply.out_request_no !== asked.outRefundNo || reply.out_trade_no !== asked.outTradeNo) return undefined;
  return reply.refund_amount === asked.amount ? succeeded(asked, reply.gmt_refund_pay) : undefined;
}

function succeeded(asked: RefundRef, succeededAt: Date | undefined): StartedRefund {
  return { status: "success", providerRefundNo: null, amount: asked.amount, succeededAt: succeededAt ?? null };
}
