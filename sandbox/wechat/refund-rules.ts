/** What a refund has to comply with besides its form (WeChat Pay V3, refunds: limits). */
import type * as z from "zod";
import { DAY, MINUTE } from "../times.ts";
import { type Refund, refundable, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { OLD_ORDER } from "./answers.ts";
import { invalidRequest, WechatError } from "./errors.ts";
import type { RefundOrder } from "./refund-schemas.ts";

const REFUND_WINDOW = 365 * DAY;
const MOST_PARTS = 50;
const PARTS_APART = MINUTE;
const OLD = 30 * DAY;
/** Not published; the simulator's choice. */
const OLD_ORDERS_PER_SECOND = 10;

type Order = z.infer<typeof RefundOrder>;

/** The paid trade that a refund is for. Throws WechatError when it may not be refunded like this. */
export function checkRefundRules(world: World, order: Order): Trade {
  const trade = paidTrade(world, order);
  const now = world.clock.now();
  const paidAt = trade.paidAt ?? now;
  if (now > paidAt + OLD) world.wechat.rates.count("refund of old orders", OLD_ORDERS_PER_SECOND, OLD_ORDER);
  checkAmounts(trade, order);
  const parts = trade.refunds.filter((refund) => refund.status !== "CLOSED");
  if (parts.length >= MOST_PARTS) throw invalidRequest("一笔订单最多部分退款50次");
  if (now > paidAt + REFUND_WINDOW) throw new WechatError(403, "TRADE_OVERDUE", "订单已超过退款期限");
  checkPause(now, parts);
  if (world.wechat.merchant.balance === "empty") {
    throw new WechatError(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起");
  }
  return trade;
}

function paidTrade(world: World, order: Order): Trade {
  const trade =
    order.out_trade_no === undefined
      ? world.books.tradeByProviderNo("wechat", order.transaction_id ?? "")
      : world.books.trade("wechat", order.out_trade_no);
  const fits = order.transaction_id === undefined || order.transaction_id === trade?.providerTradeNo;
  if (trade?.state !== "paid" || !fits) throw new WechatError(404, "RESOURCE_NOT_EXISTS", "订单不存在");
  return trade;
}

function checkAmounts(trade: Trade, order: Order): void {
  if (order.amount.total !== trade.amount) throw invalidRequest("订单金额与原订单不一致");
  if (order.amount.refund > refundable(trade)) throw invalidRequest("申请退款金额大于可退金额");
  const { from } = order.amount;
  const given = from?.reduce((sum, part) => sum + part.amount, 0);
  if (given !== undefined && given !== order.amount.refund) throw invalidRequest("出资金额之和与退款金额不一致");
}

/** Two refunds of one order have to be a minute apart; one that was closed doesn't count. */
function checkPause(now: number, parts: readonly Refund[]): void {
  if (!parts.some((refund) => now < refund.createdAt + PARTS_APART)) return;
  throw new WechatError(429, "FREQUENCY_LIMITED", "频率超限，同一订单的两次部分退款须间隔1分钟以上");
}
