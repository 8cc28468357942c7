/** Trades and refunds in WeChat Pay's words, as its answers and callbacks print them. */
import type { Refund, Trade } from "../books.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";

const DESCRIPTIONS = { NOTPAY: "订单未支付", SUCCESS: "支付成功", REFUND: "转入退款", CLOSED: "订单已关闭" };
const RECEIVED_BY = "支付用户零钱";
const OPENID = "oSim0000000000000000000buyer";

/** A trade as the queries answer it, and as the payment callback encloses it. */
export function tradeView(world: World, trade: Trade) {
  const state = tradeState(trade);
  return {
    appid: world.wechat.appId,
    mchid: world.wechat.mchId,
    out_trade_no: trade.outTradeNo,
    trade_state: state,
    trade_state_desc: DESCRIPTIONS[state],
    ...(trade.attach !== undefined && { attach: trade.attach }),
    ...payment(trade),
  };
}

function payment(trade: Trade) {
  if (trade.paidAt === null) return { amount: { total: trade.amount, currency: "CNY" } };
  return {
    transaction_id: trade.providerTradeNo,
    trade_type: "NATIVE",
    bank_type: "OTHERS",
    success_time: rfc3339(trade.paidAt),
    payer: { openid: OPENID },
    amount: { total: trade.amount, payer_total: trade.amount, currency: "CNY", payer_currency: "CNY" },
  };
}

/** One refund, of whatever size and state, makes it REFUND. */
function tradeState(trade: Trade): keyof typeof DESCRIPTIONS {
  if (trade.state === "paid") return trade.refunds.length > 0 ? "REFUND" : "SUCCESS";
  return trade.state === "closed" ? "CLOSED" : "NOTPAY";
}

/** A refund as the refund endpoints answer it. */
export function refundView(trade: Trade, refund: Refund) {
  return {
    ...refundNumbers(trade, refund),
    channel: "ORIGINAL",
    user_received_account: RECEIVED_BY,
    create_time: rfc3339(refund.createdAt),
    status: refund.status,
    ...successTime(refund),
    funds_account: "AVAILABLE",
    amount: {
      ...refundAmounts(trade, refund),
      from: [],
      settlement_refund: refund.amount,
      settlement_total: trade.amount,
      discount_refund: 0,
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
    user_received_account: RECEIVED_BY,
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
  return { total: trade.amount, refund: refund.amount, payer_total: trade.amount, payer_refund: refund.amount };
}

function successTime(refund: Refund) {
  return refund.succeededAt === null ? {} : { success_time: rfc3339(refund.succeededAt) };
}
