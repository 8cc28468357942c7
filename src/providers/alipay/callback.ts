/** What a verified notice says (Alipay, "asynchronous notification"). */
import * as z from "zod";
import type { CallbackEvent, CallbackVerdict } from "../callback.ts";
import { ALIPAY_METHODS } from "../methods.ts";
import type { AlipayConfig } from "./config.ts";
import type { Notice } from "./notice.ts";
import { FREEZE_NOTICE, readFreezeNotice } from "./pre-auth-notice.ts";
import { TRADE_STATUSES, tradeView } from "./trades.ts";
import { beijingTime, yuan } from "./values.ts";
import { accept, foreignness, refuse } from "./verdicts.ts";

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
  if (notice.get("notify_type") === FREEZE_NOTICE) return readFreezeNotice(notice, notifyId, owner);
  const foreign = foreignness(notice, owner);
  if (foreign) return foreign;
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
 * Refunds are announced as another notice of the trade, told apart by the refund's number beside money that went back: a
 * payment's notice may say `refund_fee=0.00`. A refund's `refund_fee` is the sum of all refunds, not the amount of this one.
 */
function eventOf(fields: TradeNotice, notifyId: string, now: number): CallbackEvent | undefined {
  const { out_trade_no: outTradeNo, trade_status: event } = fields;
  const hasGoneBack = fields.gmt_refund !== undefined || (fields.refund_fee ?? 0) > 0;
  if (fields.out_biz_no !== undefined && hasGoneBack) {
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
    refunded: hasGoneBack,
    creditPayMode: fields.credit_pay_mode,
    saidAt: new Date(now),
  });
  return trade && { kind: "trade", notifyId, event, outTradeNo, methods: ALIPAY_METHODS, trade };
}
