/** alipay.trade.refund and alipay.trade.fastpay.refund.query. Money moves at once. */

import { REFUND_KINDS } from "../faults.ts";
import { alipayTradeNo } from "../numbers.ts";
import { dateTime } from "../times.ts";
import { type Refund, refundable, refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { depositBackInfo } from "./messages.ts";
import { refundNotice } from "./notices.ts";
import { checked, RefundQuery, RefundRequest } from "./schemas.ts";
import { buyer, existingTrade, numbers, tradeStatus } from "./view.ts";
import { toYuan } from "./yuan.ts";

export const refundEndpoints: readonly Endpoint[] = [
  { method: "alipay.trade.refund", operation: "refund", run: refundTrade },
  { method: "alipay.trade.fastpay.refund.query", operation: "refund_query", run: queryRefund },
];

/** The same number again moves no more money and says so. */
function refundTrade(world: World, { bizContent }: Input) {
  const request = checked(RefundRequest, bizContent);
  const trade = existingTrade(world, request);
  const outRefundNo = request.out_request_no ?? trade.outTradeNo;
  const there = trade.refunds.find((refund) => refund.outRefundNo === outRefundNo);
  if (there) {
    if (there.amount !== request.refund_amount) throw businessError("DISCORDANT_REPEAT_REQUEST", "不一致的请求");
    return refundAnswer(trade, there, "N");
  }
  checkRefundable(world, trade, request.refund_amount, request.out_request_no);
  const numbered = request.out_request_no !== undefined;
  const draft = { outRefundNo, numbered, amount: request.refund_amount, reason: request.refund_reason };
  const refund = startRefund(world, trade, draft);
  const wantsDetail = request.query_options?.includes("refund_detail_item_list") ?? false;
  const moved = refund.status === "SUCCESS";
  return { ...refundAnswer(trade, refund, moved ? "Y" : "N"), ...(wantsDetail && moved && detail(refund)) };
}

/** Says refund_status only of refunds that succeeded. */
function queryRefund(world: World, { bizContent }: Input) {
  const request = checked(RefundQuery, bizContent);
  const trade = existingTrade(world, request);
  const refund = trade.refunds.find((each) => each.outRefundNo === request.out_request_no);
  if (!refund) return {};
  const wantsTime = request.query_options?.includes("gmt_refund_pay");
  return {
    ...numbers(trade),
    out_request_no: refund.outRefundNo,
    refund_amount: toYuan(refund.amount),
    total_amount: toYuan(trade.amount),
    ...(refund.status === "SUCCESS" && { refund_status: "REFUND_SUCCESS" }),
    ...(refund.reason !== undefined && { refund_reason: refund.reason }),
    ...(request.query_options?.includes("deposit_back_info") && { deposit_back_info: depositBackInfo(refund) }),
    ...(wantsTime && refund.succeededAt !== null && { gmt_refund_pay: dateTime(refund.succeededAt) }),
  };
}

interface RefundDraft {
  /** The trade's where `numbered` is false. */
  readonly outRefundNo: string;
  readonly numbered?: boolean;
  readonly amount: number;
  readonly reason?: string | undefined;
}

/** Gives money back, unless a fault keeps it from arriving, and tells the shop. */
export function startRefund(world: World, trade: Trade, draft: RefundDraft): Refund {
  const now = world.clock.now();
  const refund = world.books.startRefund(trade, {
    ...draft,
    reason: draft.reason,
    providerRefundNo: alipayTradeNo(now),
    notifyUrl: trade.notifyUrl,
    fingerprint: "",
    createdAt: now,
  });
  const fault = world.faults.take({ ...refund, operation: "refund" }, REFUND_KINDS);
  if (fault?.kind === "refund_closed") world.books.settleRefund(refund, "CLOSED");
  if (fault === undefined) endRefund(world, trade, refund);
  return refund;
}

/** Lets a refund succeed and tells the shop. */
export function endRefund(world: World, trade: Trade, refund: Refund): void {
  world.books.settleRefund(refund, "SUCCESS");
  const notice = refundNotice(world, trade, refund);
  if (notice) world.deliveries.enqueue(notice);
}

function checkRefundable(world: World, trade: Trade, amount: number, outRequestNo: string | undefined): void {
  const status = tradeStatus(world, trade);
  if (status === "WAIT_BUYER_PAY") throw businessError("TRADE_STATUS_ERROR", "交易状态不合法");
  if (status === "TRADE_CLOSED") throw businessError("TRADE_HAS_CLOSE", "交易已经关闭");
  if (status === "TRADE_FINISHED") throw businessError("TRADE_HAS_FINISHED", "交易已完结，不可退款");
  requireFunds(world);
  const partial = amount < trade.amount;
  if (amount > refundable(trade)) throw businessError("REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限");
  if (partial && outRequestNo === undefined) throw businessError("INVALID_PARAMETER", "部分退款须传入out_request_no");
}

/** Throws AlipayError where the merchant's account holds nothing to give back. */
export function requireFunds(world: World): void {
  if (world.alipay.application.balance === "enough") return;
  throw businessError("SELLER_BALANCE_NOT_ENOUGH", "商户的支付宝账户中无足够的资金进行退款");
}

/** `refund_fee` is all that has gone back on the trade so far. */
function refundAnswer(trade: Trade, refund: Refund, fundChange: "Y" | "N") {
  return {
    ...numbers(trade),
    ...buyer(trade),
    fund_change: fundChange,
    refund_fee: toYuan(refunded(trade)),
    gmt_refund_pay: dateTime(refund.succeededAt ?? refund.createdAt),
  };
}

/** Through which account the money went back, and how much of it. */
function detail(refund: Refund) {
  const amount = toYuan(refund.amount);
  return { send_back_fee: amount, refund_detail_item_list: [{ fund_channel: "ALIPAYACCOUNT", amount }] };
}
