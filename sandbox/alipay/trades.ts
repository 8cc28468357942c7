/** alipay.trade.query, .close and .cancel. */
import { dateTime, HOUR } from "../times.ts";
import { refundable, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { tellOfClose } from "./lifecycle.ts";
import { requireFunds, startRefund } from "./refunds.ts";
import { checked, TradeClose, TradeQuery, TradeReference } from "./schemas.ts";
import { buyer, existingTrade, findTrade, numbers, tradeStatus } from "./view.ts";
import { toYuan } from "./yuan.ts";

const CANCEL_WINDOW = 24 * HOUR;

export const tradeEndpoints: readonly Endpoint[] = [
  { method: "alipay.trade.query", operation: "query", run: queryTrade },
  { method: "alipay.trade.close", operation: "close", run: closeTrade },
  { method: "alipay.trade.cancel", operation: "cancel", run: cancelTrade },
];

function queryTrade(world: World, { bizContent }: Input) {
  const request = checked(TradeQuery, bizContent);
  const trade = existingTrade(world, request);
  const paid = trade.paidAt === null ? "0.00" : toYuan(trade.amount);
  const { storeId, terminalId, creditPayMode = null } = trade.alipay ?? {};
  const wantsFunds = request.query_options?.includes("fund_bill_list") && trade.paidAt !== null;
  return {
    ...numbers(trade),
    ...buyer(trade),
    trade_status: trade.shownState ?? tradeStatus(world, trade),
    total_amount: toYuan(trade.amount),
    receipt_amount: paid,
    buyer_pay_amount: paid,
    point_amount: "0.00",
    invoice_amount: paid,
    ...(trade.paidAt !== null && { send_pay_date: dateTime(trade.paidAt) }),
    ...(storeId !== undefined && { store_id: storeId }),
    ...(terminalId !== undefined && { terminal_id: terminalId }),
    ...(creditPayMode !== null && { credit_pay_mode: creditPayMode }),
    ...(trade.attach !== undefined && { passback_params: trade.attach }),
    ...(wantsFunds && { fund_bill_list: [{ fund_channel: "ALIPAYACCOUNT", amount: paid }] }),
  };
}

/** Only a trade that waits for its buyer can be closed. */
function closeTrade(world: World, { bizContent }: Input) {
  const trade = existingTrade(world, checked(TradeClose, bizContent));
  if (trade.state !== "open") throw businessError("TRADE_STATUS_ERROR", "交易状态不合法");
  world.books.close(trade);
  tellOfClose(world, trade);
  return numbers(trade);
}

/** Closes an unpaid trade, refunds a paid one, and is content when there is none. */
function cancelTrade(world: World, { bizContent }: Input) {
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
  if (tradeStatus(world, trade) === "TRADE_FINISHED") throw businessError("TRADE_HAS_FINISHED", "交易已经完结");
  if (trade.state === "paid") giveBack(world, trade);
  else {
    world.books.close(trade);
    tellOfClose(world, trade);
  }
}

function giveBack(world: World, trade: Trade): void {
  if (trade.refunds.length > 0) throw businessError("REASON_TRADE_REFUND_FEE_ERR", "交易已有退款，请使用退款接口");
  requireFunds(world);
  const own = { outRefundNo: trade.outTradeNo, numbered: false };
  startRefund(world, trade, { ...own, amount: refundable(trade), reason: "撤销" });
}
