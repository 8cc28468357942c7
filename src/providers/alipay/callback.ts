/** What a verified notice says (Alipay, "asynchronous notification"). */
import * as z from "zod";
import type { CallbackEvent, CallbackVerdict } from "../callback.ts";
import { ALIPAY_METHODS } from "../methods.ts";
import type { AlipayConfig } from "./config.ts";
import { DEPOSIT_BACK, readDepositBack } from "./deposit-back.ts";
import { notifyIdOf } from "./notify-id.ts";
import { isFreezeNotice, readFreezeNotice } from "./pre-auth-notice.ts";
import type { Notice } from "./signed-fields.ts";
import { TRADE_STATUSES, tradeView } from "./trades.ts";
import { alipayOwnNumber, beijingTime, yuan } from "./values.ts";
import { accept, foreignApplication, foreignness, refuse } from "./verdicts.ts";

const TRADE_NOTICE = "trade_status_sync";

const tradeNotice = z.object({
  out_trade_no: z.string(),
  trade_no: alipayOwnNumber,
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
 * Reads a notice whose signature has been verified. Its own words tell what it is about, not the address it came to.
 * @param now milliseconds since the epoch; stands in for a time of payment that is left out
 */
export function readNotice(
  notice: Notice,
  owner: Pick<AlipayConfig, "appId" | "sellerId">,
  now: number,
): CallbackVerdict {
  // Only notices of trades name their seller. All others name the application alone, or the account by another word.
  const foreign = foreignApplication(notice, owner);
  if (foreign) return foreign;
  const notifyId = notifyIdOf(notice);
  const type = notice.get("notify_type") ?? notice.get("msg_method") ?? TRADE_NOTICE;
  if (type === TRADE_NOTICE) return foreignness(notice, owner) ?? readTradeNotice(notice, notifyId, now);
  if (isFreezeNotice(type)) return readFreezeNotice(notice, notifyId, owner);
  return accept(type === DEPOSIT_BACK ? readDepositBack(notice, notifyId) : { kind: "other", notifyId, event: type });
}

function readTradeNotice(notice: Notice, notifyId: string, now: number): CallbackVerdict {
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
 * A refund that was given no number is known by its trade's: by `trade_no` here, by `out_trade_no` when asked for.
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
    const { out_biz_no: number, trade_no: providerTradeNo } = fields;
    const outRefundNo = number === providerTradeNo ? outTradeNo : number;
    const goneBack = fields.refund_fee;
    return { kind: "refund", notifyId, event, outTradeNo, outRefundNo, providerTradeNo, refund, goneBack };
  }
  const trade = tradeView({
    tradeStatus: event,
    tradeNo: fields.trade_no,
    totalAmount: fields.total_amount,
    paidAt: fields.gmt_payment,
    refunded: hasGoneBack,
    refundFee: fields.refund_fee,
    creditPayMode: fields.credit_pay_mode,
    saidAt: new Date(now),
  });
  return trade && { kind: "trade", notifyId, event, outTradeNo, methods: ALIPAY_METHODS, trade };
}
