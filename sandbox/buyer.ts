/** What happens outside of the shop's calls: the buyer scans and pays, an operator refunds in the provider's console. */

import { paymentNotice as alipayPaymentNotice } from "./alipay/notices.ts";
import { endRefund as endAlipayRefund, startRefund as startAlipayRefund } from "./alipay/refunds.ts";
import type { Refund, RefundStatus, Trade } from "./books.ts";
import { randomDigits } from "./crypto.ts";
import { alipayTradeNo, wechatRefundId, wechatTransactionId } from "./numbers.ts";
import { paymentNotice as wechatPaymentNotice } from "./wechat/notices.ts";
import { endRefund as endWechatRefund } from "./wechat/refunds.ts";
import type { World } from "./world.ts";

/** The cashier opens on the buyer's phone; an Alipay trade begins to exist. */
export function openCashier(world: World, trade: Trade): void {
  const now = world.clock.now();
  if (trade.state === "unopened" && now < trade.expiresAt) world.books.open(trade, alipayTradeNo(now));
}

/** Whether the buyer can still pay. */
export function isPayable(world: World, trade: Trade): boolean {
  return (trade.state === "open" || trade.state === "unopened") && world.clock.now() < trade.expiresAt;
}

/** The buyer pays, `amount` fen where a test wants another than the trade's. The shop is told. */
export function pay(world: World, trade: Trade, amount = trade.amount): void {
  openCashier(world, trade);
  const number = trade.providerTradeNo ?? wechatTransactionId(world.clock.now());
  world.books.pay(trade, number, amount);
  const notice = trade.provider === "wechat" ? wechatPaymentNotice(world, trade) : alipayPaymentNotice(world, trade);
  if (notice) world.deliveries.enqueue(notice);
}

/** A refund ends as a test wants it. Alipay knows no ABNORMAL: money that can't go back stays on its way. */
export function endRefund(world: World, trade: Trade, refund: Refund, status: RefundStatus): void {
  if (refund.provider === "wechat") endWechatRefund(world, refund, status);
  else if (status === "SUCCESS") endAlipayRefund(world, trade, refund);
  else world.books.settleRefund(refund, status);
}

/** A refund made by hand in the provider's console. WeChat Pay sends no V3 callback for it. */
export function refundByHand(world: World, trade: Trade, amount: number): Refund {
  const outRefundNo = `console${randomDigits(20)}`;
  const reason = "商户平台退款";
  if (trade.provider === "alipay") return startAlipayRefund(world, trade, { outRefundNo, amount, reason });
  const now = world.clock.now();
  const draft = { outRefundNo, amount, reason, providerRefundNo: wechatRefundId(now), createdAt: now };
  const refund = world.books.startRefund(trade, { ...draft, notifyUrl: undefined, fingerprint: "" });
  endWechatRefund(world, refund, "SUCCESS");
  return refund;
}
