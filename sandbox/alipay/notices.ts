/** Alipay's asynchronous notices: a signed form, sent to the address that the trade was created with. */

import { signText } from "../crypto.ts";
import type { Notice, SignedRequest } from "../deliveries.ts";
import type { SignatureKind } from "../faults.ts";
import { alipayNotifyId } from "../numbers.ts";
import { dateTime } from "../times.ts";
import { type Refund, refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { joined } from "./request.ts";
import { BUYER, tradeStatus } from "./view.ts";
import { toYuan } from "./yuan.ts";

export type Fields = Readonly<Record<string, string>>;

/** Tells of a payment. Nothing to tell where the trade names no address. */
export function paymentNotice(world: World, trade: Trade): Notice | undefined {
  return notice(world, "TRADE_SUCCESS", trade, tradeFields(world, trade));
}

/** Tells of a partial refund. A face-to-face trade refunded in full is closed in silence. */
export function refundNotice(world: World, trade: Trade, refund: Refund): Notice | undefined {
  if (tradeStatus(world, trade) === "TRADE_CLOSED") return undefined;
  return notice(world, "REFUND", trade, refundFields(world, trade, refund));
}

/** What a notice says of a trade. */
export function tradeFields(world: World, trade: Trade): Fields {
  const amount = toYuan(trade.amount);
  const paidAt = dateTime(trade.paidAt ?? world.clock.now());
  return {
    notify_type: "trade_status_sync",
    notify_id: alipayNotifyId(world.clock.now()),
    charset: "utf-8",
    version: "1.0",
    app_id: world.alipay.appId,
    auth_app_id: world.alipay.appId,
    trade_no: trade.providerTradeNo ?? "",
    out_trade_no: trade.outTradeNo,
    seller_id: world.alipay.sellerId,
    seller_email: "merchant@example.com",
    buyer_id: BUYER.buyer_user_id,
    buyer_logon_id: BUYER.buyer_logon_id,
    trade_status: tradeStatus(world, trade),
    total_amount: amount,
    receipt_amount: amount,
    invoice_amount: amount,
    buyer_pay_amount: amount,
    point_amount: "0.00",
    subject: trade.subject,
    gmt_create: dateTime(trade.openedAt ?? trade.createdAt),
    gmt_payment: paidAt,
    fund_bill_list: JSON.stringify([{ amount, fundChannel: "ALIPAYACCOUNT" }]),
    ...(trade.attach !== undefined && { passback_params: trade.attach }),
  };
}

/** The same with what marks a refund: the amount gone back so far, its time, its number. */
export function refundFields(world: World, trade: Trade, refund: Refund): Fields {
  const at = refund.succeededAt ?? world.clock.now();
  return {
    ...tradeFields(world, trade),
    out_biz_no: refund.outRefundNo,
    refund_fee: toYuan(refunded(trade)),
    gmt_refund: `${dateTime(at)}.${String(at % 1000).padStart(3, "0")}`,
  };
}

function notice(world: World, event: string, trade: Trade, fields: Fields): Notice | undefined {
  const url = trade.notifyUrl;
  if (url === undefined) return undefined;
  const sign = (flaw: SignatureKind | undefined) => notifyRequest(world, url, fields, flaw);
  return { provider: "alipay", event, notifyId: fields.notify_id ?? "", outTradeNo: trade.outTradeNo, url, sign };
}

/** The request of a notice, dated and signed now. Signed is everything but sign, sign_type and empty values. */
export function notifyRequest(world: World, url: string, fields: Fields, flaw?: SignatureKind): SignedRequest {
  const dated = Object.entries({ notify_time: dateTime(world.clock.wall()), ...fields });
  const text = joined(dated.filter(([, value]) => value !== ""));
  const spoilt = flaw !== undefined && flaw !== "stale_timestamp";
  const sign = signText(world.alipay.gatewayKey.privateKey, spoilt ? `${text} ` : text);
  const signature = flaw === "unsigned" ? [] : [["sign", sign] as const, ["sign_type", "RSA2"] as const];
  return {
    url,
    headers: { "Content-Type": "application/x-www-form-urlencoded; text/html; charset=utf-8" },
    body: [...dated, ...signature].map((pair) => pair.map(formEncoded).join("=")).join("&"),
  };
}

function formEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}
