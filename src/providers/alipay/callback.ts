/** What a verified notice says (Alipay, "asynchronous notification"). */
import * as z from "zod";
import type { CallbackEvent, CallbackVerdict, VerificationFailure } from "../provider.ts";
import type { AlipayConfig } from "./config.ts";
import type { Notice } from "./notice.ts";
import { ALIPAY_METHODS } from "./products.ts";
import { TRADE_STATUSES, tradeView } from "./trades.ts";
import { beijingTime, yuan } from "./values.ts";

const TRADE_NOTICE = "trade_status_sync";

const tradeNotice = z.object({
  out_trade_no: z.string(),
  trade_no: z.string(),
  trade_status: z.string(),
  total_amount: yuan.optional(),
  gmt_payment: beijingTime.optional(),
  gmt_refund: beijingTime.optional(),
  refund_fee: yuan.optional(),
  out_biz_no: z.string().optional(),
  credit_pay_mode: z.string().optional(),
});

type TradeNotice = z.output<typeof tradeNotice>;

/**
 * Reads a notice whose signature has been verified.
 * @param now milliseconds since the epoch; stands in for a time of payment that is left out
 */
export function readNotice(
  notice: Notice,
  owner: Pick<AlipayConfig, "appId" | "sellerId">,
  now: number,
): CallbackVerdict {
  const notifyId = notice.get("notify_id");
  if (!notifyId) return refuse("malformed", "field notify_id is missing");
  if (notice.get("app_id") !== owner.appId) return refuse("foreign_application", "app_id is another application's");
  if (owner.sellerId !== undefined && notice.get("seller_id") !== owner.sellerId) {
    return refuse("foreign_merchant", "seller_id is another account's");
  }
  const type = notice.get("notify_type") ?? TRADE_NOTICE;
  if (type !== TRADE_NOTICE) return accept({ kind: "other", notifyId, event: type });
  const fields = tradeNotice.safeParse(Object.fromEntries(notice));
  if (!fields.success) return refuse("malformed", `field ${fields.error.issues[0]?.path.join(".")} can't be read`);
  const { trade_status: event } = fields.data;
  if (!TRADE_STATUSES.has(event)) return accept({ kind: "other", notifyId, event });
  const said = eventOf(fields.data, notifyId, now);
  return said ? accept(said) : refuse("malformed", "field total_amount is missing");
}

/**
 * Refunds are announced as another notice of the trade, told apart by the refund's number. Its `refund_fee` is the
 * sum of all refunds, not the amount of this one.
 */
function eventOf(fields: TradeNotice, notifyId: string, now: number): CallbackEvent | undefined {
  const { out_trade_no: outTradeNo, trade_status: event } = fields;
  if (fields.out_biz_no !== undefined) {
    const refund = {
      status: "success",
      providerRefundNo: null,
      amount: null,
      succeededAt: fields.gmt_refund ?? null,
    } as const;
    const { out_biz_no: outRefundNo, trade_no: providerTradeNo } = fields;
    return { kind: "refund", notifyId, event, outTradeNo, outRefundNo, providerTradeNo, refund };
  }
  const trade = tradeView({
    tradeStatus: event,
    tradeNo: fields.trade_no,
    totalAmount: fields.total_amount,
    paidAt: fields.gmt_payment,
    refunded: fields.gmt_refund !== undefined || (fields.refund_fee ?? 0) > 0,
    creditPayMode: fields.credit_pay_mode,
    saidAt: new Date(now),
  });
  return trade && { kind: "trade", notifyId, event, outTradeNo, methods: ALIPAY_METHODS, trade };
}

function accept(event: CallbackEvent): CallbackVerdict {
  return { verified: true, event };
}

function refuse(reason: VerificationFailure, detail: string): CallbackVerdict {
  return { verified: false, reason, detail };
}
