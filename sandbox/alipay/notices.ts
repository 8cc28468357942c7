/** Alipay's asynchronous notices: of what they tell, and to whom (Alipay, async notify and return_url). */
import type { Notice } from "../deliveries.ts";
import { FORM_KINDS } from "../faults.ts";
import { alipayNotifyId } from "../numbers.ts";
import { dateTime } from "../times.ts";
import { type Refund, refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { type Fields, notifyRequest } from "./notice-form.ts";
import { rulesOf } from "./products.ts";
import { buyer, tradeStatus } from "./view.ts";
import { toYuan } from "./yuan.ts";

/** Tells of a payment. Nothing to tell where the trade names no address. */
export function paymentNotice(world: World, trade: Trade): Notice | undefined {
  const status = tradeStatus(world, trade);
  if (status === "TRADE_FINISHED" && !rulesOf(trade.product).finished) return undefined;
  return statusNotice(world, trade, status);
}

/** Tells how a trade stands, under a name of its own. */
export function statusNotice(world: World, trade: Trade, event: string): Notice | undefined {
  return tradeNotice(world, event, trade, tradeFields(world, asTold(world, trade)));
}

/** Tells of a refund. A face-to-face trade refunded in full is closed in silence. */
export function refundNotice(world: World, trade: Trade, refund: Refund): Notice | undefined {
  const closed = tradeStatus(world, trade) === "TRADE_CLOSED";
  if (closed && rulesOf(trade.product).closed === "never") return undefined;
  return tradeNotice(world, "REFUND", trade, refundFields(world, asTold(world, trade), refund));
}

/** What a notice says of a trade. */
export function tradeFields(world: World, trade: Trade): Fields {
  const amount = toYuan(trade.amount);
  const status = tradeStatus(world, trade);
  const { buyer_user_id, buyer_open_id, buyer_logon_id } = {
    buyer_open_id: undefined,
    buyer_user_id: undefined,
    ...buyer(trade),
  };
  const closedAt = trade.closedAt ?? trade.refunds.at(-1)?.succeededAt;
  return {
    ...commonFields(world, "trade_status_sync"),
    trade_no: trade.providerTradeNo ?? "",
    out_trade_no: trade.outTradeNo,
    seller_id: world.alipay.sellerId,
    seller_email: "merchant@example.com",
    ...(buyer_user_id !== undefined && { buyer_id: buyer_user_id }),
    ...(buyer_open_id !== undefined && { buyer_open_id }),
    buyer_logon_id,
    trade_status: status,
    total_amount: amount,
    subject: trade.subject,
    ...(trade.alipay?.body !== undefined && { body: trade.alipay.body }),
    gmt_create: dateTime(trade.openedAt ?? trade.createdAt),
    ...(trade.paidAt !== null && paidFields(trade.paidAt, amount)),
    ...(status === "TRADE_CLOSED" && { gmt_close: dateTime(closedAt ?? world.clock.now()) }),
    ...(trade.attach !== undefined && { passback_params: trade.attach }),
  };
}

/** What every notice brings, of whatever kind. */
export function commonFields(world: World, notifyType: string): Fields {
  return {
    notify_type: notifyType,
    notify_id: alipayNotifyId(world.clock.now()),
    charset: "utf-8",
    version: "1.0",
    app_id: world.alipay.appId,
    auth_app_id: world.alipay.appId,
  };
}

function paidFields(paidAt: number, amount: string): Fields {
  return {
    receipt_amount: amount,
    invoice_amount: amount,
    buyer_pay_amount: amount,
    point_amount: "0.00",
    gmt_payment: dateTime(paidAt),
    fund_bill_list: JSON.stringify([{ amount, fundChannel: "ALIPAYACCOUNT" }]),
  };
}

/** The same with what marks a refund: the amount gone back so far, its time, its number, or the trade's if it has none. */
export function refundFields(world: World, trade: Trade, refund: Refund): Fields {
  const at = refund.succeededAt ?? world.clock.now();
  return {
    ...tradeFields(world, trade),
    out_biz_no: refund.numbered ? refund.outRefundNo : (trade.providerTradeNo ?? ""),
    refund_fee: toYuan(refunded(trade)),
    gmt_refund: `${dateTime(at)}.${String(at % 1000).padStart(3, "0")}`,
  };
}

function asTold(world: World, trade: Trade): Trade {
  const occasion = { provider: "alipay", operation: "callback", outTradeNo: trade.outTradeNo } as const;
  const fault = world.faults.take(occasion, ["callback_wrong_amount"]);
  return fault ? { ...trade, amount: fault.amount } : trade;
}

function tradeNotice(world: World, event: string, trade: Trade, fields: Fields): Notice | undefined {
  return trade.notifyUrl === undefined ? undefined : notice(world, event, trade.outTradeNo, trade.notifyUrl, fields);
}

/** A notice of any kind. `outTradeNo` is the number by which tests and faults find it. */
export function notice(world: World, event: string, outTradeNo: string, url: string, fields: Fields): Notice {
  const occasion = { provider: "alipay", operation: "callback", outTradeNo } as const;
  return {
    provider: "alipay",
    event,
    notifyId: fields.notify_id ?? "",
    outTradeNo,
    url,
    sign: (flaw) => notifyRequest(world, url, fields, { flaw, form: world.faults.take(occasion, FORM_KINDS)?.kind }),
  };
}
