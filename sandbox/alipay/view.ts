/** A trade as Alipay sees it, and as its requests name it. */

import { DAY } from "../times.ts";
import { refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { businessError } from "./errors.ts";
import type { TradeReference } from "./schemas.ts";

type Named = ReturnType<typeof TradeReference.parse>;

export const BUYER = { buyer_logon_id: "sim***@example.com", buyer_user_id: "2088000000000002" };

const REFUND_WINDOW = 90 * DAY;

type TradeStatus = "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED";

/** The trade as Alipay sees it: closed once all its money has gone back, finished once none can any more. */
export function tradeStatus(world: World, trade: Trade): TradeStatus {
  if (trade.state !== "paid") return trade.state === "closed" ? "TRADE_CLOSED" : "WAIT_BUYER_PAY";
  if (refunded(trade) === trade.amount) return "TRADE_CLOSED";
  return world.clock.now() > (trade.paidAt ?? 0) + REFUND_WINDOW ? "TRADE_FINISHED" : "TRADE_SUCCESS";
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
