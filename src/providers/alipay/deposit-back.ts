/** What a verified message about a refund to a bank card says (Alipay, "refund notifies"). */
import * as z from "zod";
import type { CallbackEvent } from "../callback.ts";
import { parseJson } from "../json.ts";
import type { Notice } from "./signed-fields.ts";
import { optional, yuan } from "./values.ts";

/** The `msg_method` of messages that tell what a buyer's bank has made of a refund. */
export const DEPOSIT_BACK = "alipay.trade.refund.depositback.completed";

/** The bank did not take it. S: it did; P: it has yet to answer. */
const FAILED = "F";

const content = z.object({
  dback_status: z.string(),
  out_trade_no: z.string().default(""),
  out_request_no: z.string().default(""),
  dback_amount: optional(yuan).catch(undefined),
});

/** Only a refund that the bank sent back is news: the others were refunds before. */
export function readDepositBack(notice: Notice, notifyId: string): CallbackEvent {
  const { data } = content.safeParse(parseJson(notice.get("biz_content")));
  if (data?.dback_status !== FAILED) return { kind: "other", notifyId, event: DEPOSIT_BACK };
  const { out_trade_no: outTradeNo, out_request_no: outRefundNo, dback_amount: amount = null } = data;
  return { kind: "refund_returned", notifyId, event: DEPOSIT_BACK, outTradeNo, outRefundNo, amount };
}
