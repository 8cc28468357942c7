/** What happens outside of the shop's calls: the buyer scans and pays, an operator refunds in the provider's console. */

import { watchDeadline, watchRefundWindow } from "./alipay/lifecycle.ts";
import { paymentNotice as alipayPaymentNotice } from "./alipay/notices.ts";
import { endRefund as endAlipayRefund, startRefund as startAlipayRefund } from "./alipay/refunds.ts";
import { BUYER_ID } from "./alipay/view.ts";
import { randomDigits } from "./crypto.ts";
import { alipayTradeNo, wechatRefundId, wechatTransactionId } from "./numbers.ts";
import { paidTogether, type Refund, type RefundStatus, type Trade } from "./trade.ts";
import { buyerOpenid } from "./wechat/applications.ts";
import { paymentNotice as wechatPaymentNotice } from "./wechat/notices.ts";
import { endRefund as endWechatRefund } from "./wechat/refunds.ts";
import type { World } from "./world.ts";

/** The cashier opens on the buyer's phone; an Alipay trade begins to exist. */
export function openCashier(world: World, trade: Trade): void {
  const now = world.clock.now();
  if (trade.state !== "unopened" || now >= trade.expiresAt) return;
  world.books.open(trade, alipayTradeNo(now));
  watchDeadline(world, trade);
}

/** Whether the buyer can still pay: a combined payment all of its trades. */
export function isPayable(world: World, trade: Trade): boolean {
  const now = world.clock.now();
  return paidTogether(trade).every(
    (each) => (each.state === "open" || each.state === "unopened") && now < each.expiresAt,
  );
}

/** What a test makes of a payment, in fen. */
interface PaymentWishes {
  /** Another amount than the trade's, in the books and in the callback. Of a combined payment this trade's alone. */
  readonly amount?: number | undefined;
  /** The part of the amount that a coupon pays. */
  readonly coupon?: number | undefined;
  /** Alipay: how the buyer pays later, as queries show it. */
  readonly creditPayMode?: string | undefined;
}

/** The buyer pays the trade, and those that are paid together with it. The shop is told once. */
export function pay(world: World, trade: Trade, wishes: PaymentWishes = {}): void {
  for (const each of paidTogether(trade)) settle(world, each, each === trade ? wishes : {});
  const notice = trade.provider === "wechat" ? wechatPaymentNotice(world, trade) : alipayPaymentNotice(world, trade);
  if (notice) world.deliveries.enqueue(notice);
}

function settle(world: World, trade: Trade, wishes: PaymentWishes): void {
  const { amount = trade.amount, coupon = 0, creditPayMode = null } = wishes;
  openCashier(world, trade);
  const providerTradeNo = trade.providerTradeNo ?? wechatTransactionId(world.clock.now());
  const openid = trade.openid ?? (trade.provider === "wechat" ? buyerOpenid(trade.appId) : BUYER_ID);
  world.books.pay(trade, { providerTradeNo, amount, coupon, openid });
  if (trade.alipay) {
    trade.alipay.creditPayMode = creditPayMode;
    trade.alipay.finished = !world.alipay.application.refunds;
    watchRefundWindow(world, trade);
  }
}

/** A refund ends as a test wants it. Alipay knows no ABNORMAL: money that can't go back stays on its way. */
export function endRefund(world: World, trade: Trade, refund: Refund, status: RefundStatus): void {
  if (refund.provider === "wechat") endWechatRefund(world, refund, status);
  else if (status === "SUCCESS") endAlipayRefund(world, trade, refund);
  else world.books.settleRefund(refund, status);
}

/** A refund made by hand in the provider's console. WeChat Pay tells of it in V2 form, if the merchant set an address. */
export function refundByHand(world: World, trade: Trade, amount: number): Refund {
  const outRefundNo = `console${randomDigits(20)}`;
  const reason = "商户平台退款";
  if (trade.provider === "alipay") return startAlipayRefund(world, trade, { outRefundNo, amount, reason });
  const now = world.clock.now();
  const draft = { outRefundNo, amount, reason, providerRefundNo: wechatRefundId(now), createdAt: now, byHand: true };
  const refund = world.books.startRefund(trade, { ...draft, notifyUrl: undefined, fingerprint: "" });
  endWechatRefund(world, refund, "SUCCESS");
  return refund;
}
