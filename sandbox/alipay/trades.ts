/** alipay.trade.query, .close and .cancel. */

import { dateTime, HOUR } from "../times.ts";
import { refundable, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { businessError } from "./errors.ts";
import { startRefund } from "./refunds.ts";
import { checked, TradeReference } from "./schemas.ts";
import { BUYER, existingTrade, findTrade, numbers, tradeStatus } from "./view.ts";
import { toYuan } from "./yuan.ts";

const CANCEL_WINDOW = 24 * HOUR;

/** alipay.trade.query */
export function queryTrade(world: World, bizContent: unknown) {
  const trade = existingTrade(world, checked(TradeReference, bizContent));
  const paid = trade.paidAt === null ? "0.00" : toYuan(trade.amount);
  return {
    ...numbers(trade),
    ...BUYER,
    trade_status: tradeStatus(world, trade),
    total_amount: toYuan(trade.amount),
    receipt_amount: paid,
    buyer_pay_amount: paid,
    point_amount: "0.00",
    invoice_amount: paid,
    ...(trade.paidAt !== null && { send_pay_date: dateTime(trade.paidAt) }),
    ...(trade.attach !== undefined && { passback_params: trade.attach }),
  };
}

/** alipay.trade.close: only a trade that waits for its buyer can be closed. */
export function closeTrade(world: World, bizContent: unknown) {
  const trade = existingTrade(world, checked(TradeReference, bizContent));
  if (trade.state !== "open") throw businessError("TRADE_STATUS_ERROR", "交易状态不合法");
  world.books.close(trade);
  return numbers(trade);
}

/** alipay.trade.cancel: closes an unpaid trade, refunds a paid one, and is content when there is none. */
export function cancelTrade(world: World, bizContent: unknown) {
  const named = checked(TradeReference, bizContent);
  const trade = findTrade(world, named);
  if (!trade) return { out_trade_no: named.out_trade_no, retry_flag: "N" };
  const action = trade.paidAt === null ? "close" : "refund";
  if (tradeStatus(world, trade) !== "TRADE_CLOSED") cancelLive(world, trade);
  return { ...numbers(trade), retry_flag: "N", action };
}

function cancelLive(world: World, trade: Trade): void {
  const late = world.clock.now() > trade.createdAt + CANCEL_WINDOW;
  if (late) throw businessError("TRADE_CANCEL_TIME_OUT", "超过撤销时间范围");
  if (trade.state === "open") world.books.close(trade);
  else giveBack(world, trade);
}

function giveBack(world: World, trade: Trade): void {
  if (trade.refunds.length > 0) throw businessError("REASON_TRADE_REFUND_FEE_ERR", "交易已有退款，请使用退款接口");
  startRefund(world, trade, { outRefundNo: trade.outTradeNo, amount: refundable(trade), reason: "撤销" });
}
