/** A trade as Alipay sees it, and as its requests name it. */

import { DAY } from "../times.ts";
import { refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { businessError } from "./errors.ts";
import type { TradeReference } from "./schemas.ts";

type Named = ReturnType<typeof TradeReference.parse>;

/** The simulated buyer. Others may be named by orders. */
export const BUYER_ID = "2088000000000002";

/** How a trade's buyer is shown: by user id, or by open id where the order named that. */
export function buyer(trade: Trade) {
  const id = trade.openid ?? BUYER_ID;
  const named = /^2088\d{12}$/.test(id) ? { buyer_user_id: id } : { buyer_open_id: id };
  return { buyer_logon_id: "sim***@example.com", ...named };
}

/** How long a payment can be refunded, by the usual contract. */
export const REFUND_WINDOW = 90 * DAY;

type TradeStatus = "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED";

/** The trade as Alipay sees it: closed once all its money has gone back, finished once none can any more. */
export function tradeStatus(world: World, trade: Trade): TradeStatus {
  if (trade.state !== "paid") return trade.state === "closed" ? "TRADE_CLOSED" : "WAIT_BUYER_PAY";
  if (refunded(trade) === trade.amount) return "TRADE_CLOSED";
  const isOver = trade.alipay?.finished || world.clock.now() >= (trade.paidAt ?? 0) + REFUND_WINDOW;
  return isOver ? "TRADE_FINISHED" : "TRADE_SUCCESS";
}

/** The trade that a request names, if anybody has opened it. */
export function findTrade(world: World, named: Named): Trade | undefined {
  const trade =
    named.trade_no === undefined
      ? world.books.trade("alipay", named.out_trade_no ?? "")
      : world.books.tradeByProviderNo("alipay", named.trade_no);
  return trade?.state === "unopened" ? undefined : trade;
}

/** The same, where the trade has to be there. Throws AlipayError. */
export function existingTrade(world: World, named: Named): Trade {
  const trade = findTrade(world, named);
  if (!trade) throw businessError("TRADE_NOT_EXIST", "交易不存在");
  return trade;
}

/** Both numbers of a trade. */
export function numbers(trade: Trade) {
  return { trade_no: trade.providerTradeNo, out_trade_no: trade.outTradeNo };
}
