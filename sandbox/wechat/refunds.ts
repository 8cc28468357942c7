/** Refunds: accepted at once, carried out a little later, told by callback. */
import { fingerprint, type Refund, type RefundStatus, refundable, type Trade } from "../books.ts";
import { REFUND_KINDS } from "../faults.ts";
import { wechatRefundId } from "../numbers.ts";
import { DAY } from "../times.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import { WechatError } from "./errors.ts";
import { refundNotice } from "./notices.ts";
import { OutRefundNo, RefundOrder } from "./schemas.ts";
import { refundView } from "./views.ts";

const REFUND_WINDOW = 365 * DAY;
const MOST_PARTS = 50;

type Order = ReturnType<typeof RefundOrder.parse>;

/** POST /v3/refund/domestic/refunds. An identical repeat gives the same refund. Throws WechatError. */
export function createRefund(world: World, body: unknown) {
  const order = checked(RefundOrder, body);
  const there = world.books.refund("wechat", order.out_refund_no);
  if (there) return refundView(tradeOf(world, there), repeated(there, body));
  const trade = paidTrade(world, order);
  checkLimits(world, trade, order);
  const refund = world.books.startRefund(trade, {
    outRefundNo: order.out_refund_no,
    providerRefundNo: wechatRefundId(world.clock.now()),
    amount: order.amount.refund,
    reason: order.reason,
    notifyUrl: order.notify_url,
    fingerprint: fingerprint(body),
    createdAt: world.clock.now(),
  });
  scheduleEnd(world, refund);
  return refundView(trade, refund);
}

/** GET /v3/refund/domestic/refunds/{out_refund_no} */
export function queryRefund(world: World, outRefundNo: string) {
  checked(OutRefundNo, outRefundNo, "url");
  const refund = world.books.refund("wechat", outRefundNo);
  if (!refund) throw new WechatError(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
  return refundView(tradeOf(world, refund), refund);
}

/** Ends a refund one way or another and tells the shop. */
export function endRefund(world: World, refund: Refund, status: RefundStatus): void {
  world.books.settleRefund(refund, status);
  const notice = refundNotice(world, tradeOf(world, refund), refund);
  if (notice) world.deliveries.enqueue(notice);
}

function scheduleEnd(world: World, refund: Refund): void {
  const fault = world.faults.take({ ...refund, operation: "refund" }, REFUND_KINDS);
  const ends = { refund_abnormal: "ABNORMAL", refund_closed: "CLOSED" } as const;
  const status = fault ? ends[fault.kind] : "SUCCESS";
  world.clock.at(world.clock.now() + world.refundDelay, () => {
    if (refund.status === "PROCESSING") endRefund(world, refund, status);
  });
}

function repeated(refund: Refund, body: unknown): Refund {
  if (refund.fingerprint === fingerprint(body)) return refund;
  throw new WechatError(400, "INVALID_REQUEST", "请求内容和上次请求不一致，请核实后再试");
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

function checkLimits(world: World, trade: Trade, order: Order): void {
  const invalid = (message: string) => new WechatError(400, "INVALID_REQUEST", message);
  if (order.amount.total !== trade.amount) throw invalid("订单金额与原订单不一致");
  if (order.amount.refund > refundable(trade)) throw invalid("申请退款金额大于可退金额");
  if (trade.refunds.filter((refund) => refund.status !== "CLOSED").length >= MOST_PARTS) {
    throw invalid("一笔订单最多部分退款50次");
  }
  if (world.clock.now() > (trade.paidAt ?? 0) + REFUND_WINDOW) {
    throw new WechatError(403, "TRADE_OVERDUE", "订单已超过退款期限");
  }
}

function tradeOf(world: World, refund: Refund): Trade {
  const trade = world.books.trade("wechat", refund.outTradeNo);
  if (!trade) throw new Error(`refund ${refund.outRefundNo} has no trade`);
  return trade;
}
