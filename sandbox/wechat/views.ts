/** Trades and refunds in WeChat Pay's words, as its answers and callbacks print them. */
import { rfc3339 } from "../times.ts";
import type { Refund, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { productOf } from "./products.ts";

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  NOTPAY: "订单未支付",
  SUCCESS: "支付成功",
  REFUND: "转入退款",
  CLOSED: "订单已关闭",
  REVOKED: "已撤销",
  USERPAYING: "用户支付中",
  PAYERROR: "支付失败",
};
export const RECEIVED_BY = "支付用户零钱";

/** A trade as the queries answer it, and as the payment callback encloses it. */
export function tradeView(world: World, trade: Trade) {
  const state = trade.shownState ?? tradeState(trade);
  return {
    appid: trade.appId,
    mchid: world.wechat.mchId,
    out_trade_no: trade.outTradeNo,
    trade_state: state,
    trade_state_desc: DESCRIPTIONS[state] ?? state,
    ...(trade.attach !== undefined && { attach: trade.attach }),
    ...(trade.deviceId !== undefined && { scene_info: { device_id: trade.deviceId } }),
    ...payment(trade),
  };
}

function payment(trade: Trade) {
  if (trade.paidAt === null) return { amount: { total: trade.amount, currency: "CNY" } };
  const payerTotal = trade.amount - trade.coupon;
  return {
    transaction_id: trade.providerTradeNo,
    trade_type: productOf(trade).tradeType,
    bank_type: "OTHERS",
    success_time: rfc3339(trade.paidAt),
    payer: { openid: trade.openid },
    amount: { total: trade.amount, payer_total: payerTotal, currency: "CNY", payer_currency: "CNY" },
    ...(trade.coupon > 0 && { promotion_detail: [promotion(trade.coupon)] }),
  };
}

function promotion(amount: number) {
  const payers = { wechatpay_contribute: amount, merchant_contribute: 0, other_contribute: 0 };
  return {
    coupon_id: "simulated-coupon",
    name: "模拟代金券",
    scope: "GLOBAL",
    type: "CASH",
    amount,
    stock_id: "1880000",
    ...payers,
    currency: "CNY",
  };
}

/** One refund, of whatever size and state, makes it REFUND. */
export function tradeState(trade: Trade): string {
  if (trade.state === "paid") return trade.refunds.length > 0 ? "REFUND" : "SUCCESS";
  return trade.state === "closed" ? "CLOSED" : "NOTPAY";
}

/** A refund as the refund endpoints answer it. */
export function refundView(trade: Trade, refund: Refund) {
  return {
    ...refundNumbers(trade, refund),
    channel: refund.redirected ? "OTHER_BANKCARD" : "ORIGINAL",
    user_received_account: refund.redirected?.account ?? RECEIVED_BY,
    create_time: rfc3339(refund.createdAt),
    status: refund.status,
    ...successTime(refund),
    funds_account: "AVAILABLE",
    amount: {
      ...refundAmounts(trade, refund),
      from: [],
      settlement_refund: refund.amount,
      settlement_total: trade.amount,
      discount_refund: refund.amount - payerRefund(trade, refund),
      currency: "CNY",
    },
  };
}

/** A refund as its callback encloses it. */
export function refundNoticeView(world: World, trade: Trade, refund: Refund) {
  return {
    mchid: world.wechat.mchId,
    ...refundNumbers(trade, refund),
    refund_status: refund.status,
    ...successTime(refund),
    user_received_account: refund.redirected?.account ?? RECEIVED_BY,
    amount: refundAmounts(trade, refund),
  };
}

function refundNumbers(trade: Trade, refund: Refund) {
  return {
    refund_id: refund.providerRefundNo,
    out_refund_no: refund.outRefundNo,
    transaction_id: trade.providerTradeNo,
    out_trade_no: trade.outTradeNo,
  };
}

function refundAmounts(trade: Trade, refund: Refund) {
  const payerTotal = trade.amount - trade.coupon;
  return {
    total: trade.amount,
    refund: refund.amount,
    payer_total: payerTotal,
    payer_refund: payerRefund(trade, refund),
  };
}

/** Of what a coupon paid, its part doesn't go back to the payer. */
function payerRefund(trade: Trade, refund: Refund): number {
  return trade.amount === 0 ? 0 : Math.floor((refund.amount * (trade.amount - trade.coupon)) / trade.amount);
}

function successTime(refund: Refund) {
  return refund.succeededAt === null ? {} : { success_time: rfc3339(refund.succeededAt) };
}
