/** A combined payment in WeChat Pay's words, as queries answer it and its callback encloses it. */
import { rfc3339 } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { type Combination, firstOf, isPaid } from "./combine-book.ts";
import { productOf } from "./products.ts";
import { tradeState } from "./views.ts";

export function combinedView(world: World, combination: Combination) {
  const first = firstOf(combination);
  const { combineOutTradeNo, combineTransactionId } = combination;
  return {
    combine_appid: first.appId,
    combine_mchid: world.wechat.mchId,
    combine_out_trade_no: combineOutTradeNo,
    ...(first.deviceId !== undefined && { scene_info: { device_id: first.deviceId } }),
    ...(isPaid(combination) && {
      combine_transaction_id: combineTransactionId,
      combine_payer_info: { openid: first.openid },
    }),
    sub_orders: combination.trades.map((trade) => subOrderView(world, trade)),
  };
}

/** Amounts have other names here than in single trades. */
function subOrderView(world: World, trade: Trade) {
  return {
    mchid: world.wechat.mchId,
    out_trade_no: trade.outTradeNo,
    trade_state: trade.shownState ?? tradeState(trade),
    attach: trade.attach,
    ...payment(trade),
  };
}

function payment(trade: Trade) {
  const asked = { total_amount: trade.amount, currency: "CNY" };
  if (trade.paidAt === null) return { amount: asked };
  return {
    transaction_id: trade.providerTradeNo,
    trade_type: productOf(trade).tradeType,
    bank_type: "OTHERS",
    success_time: rfc3339(trade.paidAt),
    amount: { ...asked, payer_amount: trade.amount - trade.coupon, payer_currency: "CNY" },
  };
}
