/** Trades and refunds that are in no books, for callbacks to order. */
import { randomDigits } from "../crypto.ts";
import type { Provider, Refund, Trade } from "../trade.ts";
import { buyerOpenid } from "../wechat/applications.ts";
import type { World } from "../world.ts";

/** A paid trade of one yuan. */
export function inventedTrade(world: World, provider: Provider, outTradeNo: string | undefined): Trade {
  const now = world.clock.now();
  const wechat = provider === "wechat";
  const appId = wechat ? world.wechat.appId : world.alipay.appId;
  return {
    provider,
    product: wechat ? "native" : "precreate",
    appId,
    openid: wechat ? buyerOpenid(appId) : null,
    outTradeNo: outTradeNo ?? `invented${randomDigits(12)}`,
    subject: "模拟订单",
    notifyUrl: undefined,
    attach: undefined,
    deviceId: undefined,
    combined: null,
    alipay: null,
    fingerprint: "",
    createdAt: now,
    expiresAt: now,
    closesAt: now,
    token: "",
    tokenUntil: now,
    amount: 100,
    coupon: 0,
    providerTradeNo: randomDigits(28),
    state: "paid",
    shownState: null,
    openedAt: now,
    paidAt: now,
    closedAt: null,
    refunds: [],
  };
}

/** A refund of the whole trade that has arrived. */
export function inventedRefund(world: World, trade: Trade, outRefundNo: string | undefined): Refund {
  const now = world.clock.now();
  return {
    provider: trade.provider,
    outTradeNo: trade.outTradeNo,
    outRefundNo: outRefundNo ?? `invented${randomDigits(12)}`,
    providerRefundNo: randomDigits(29),
    amount: trade.amount,
    reason: undefined,
    notifyUrl: undefined,
    byHand: false,
    numbered: true,
    fingerprint: "",
    createdAt: now,
    status: "SUCCESS",
    succeededAt: now,
    redirected: null,
    depositBack: null,
    changes: [],
  };
}
