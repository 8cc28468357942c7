/** Refunds in WeChat Pay's words: the body that asks for one, and what replies and callbacks say about it. */
import * as z from "zod";
import type { RefundDraft, RefundStatus, RefundView } from "../provider.ts";
import { normaliseText } from "../subject.ts";
import type { WechatPayConfig } from "./config.ts";
import { amountInFen, rfc3339 } from "./values.ts";

export const REFUNDS_PATH = "/v3/refund/domestic/refunds";

const REASON = { maxLength: 80, replace: {} };

/** The body of a refund call. Without `notify_url` the notice would come as V2 XML, so it is always there. */
export function refundBody(draft: RefundDraft, config: WechatPayConfig): string {
  const reason = normaliseText(draft.reason, REASON);
  return JSON.stringify({
    out_trade_no: draft.outTradeNo,
    out_refund_no: draft.outRefundNo,
    ...(reason === "" ? {} : { reason }),
    notify_url: config.refundNotifyUrl,
    amount: { refund: draft.amount, total: draft.total, currency: "CNY" },
  });
}

const refund = z.object({
  refund_id: z.string().min(1),
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  success_time: rfc3339.nullish(),
  amount: z.object({ refund: amountInFen, currency: z.string().nullish() }),
});

/** The reply to a refund call or its query. */
export const refundReply = refund.extend({ status: z.string() });

/** The plaintext of a REFUND callback, where the status has another name. */
export const refundNotice = refund
  .extend({ refund_status: z.string(), mchid: z.string(), transaction_id: z.string().min(1) })
  .transform((notice) => ({ ...notice, status: notice.refund_status }));

const STATUSES: ReadonlyMap<string, RefundStatus> = new Map([
  ["PROCESSING", "processing"],
  ["SUCCESS", "success"],
  ["CLOSED", "closed"],
  ["ABNORMAL", "abnormal"],
]);

/** Says what a refund's status means. Returns undefined for a status not known. */
export function refundView(
  reply: z.output<typeof refundReply>,
): Exclude<RefundView, { status: "not_found" }> | undefined {
  const status = STATUSES.get(reply.status);
  if (!status) return undefined;
  return {
    status,
    providerRefundNo: reply.refund_id,
    amount: reply.amount.refund,
    succeededAt: reply.success_time ?? null,
  };
}
