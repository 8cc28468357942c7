/** Refunds: accepted at once, carried out a little later, told by callback (WeChat Pay V3, refunds). */
import { REFUND_KINDS } from "../faults.ts";
import { wechatRefundId } from "../numbers.ts";
import { fingerprint, type Refund, type RefundStatus, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { invalidRequest, WechatError } from "./errors.ts";
import { OutRefundNo } from "./fields.ts";
import { refundNotice } from "./notices.ts";
import { checkRefundRules } from "./refund-rules.ts";
import { RefundOrder } from "./refund-schemas.ts";
import { refundView } from "./views.ts";

const REFUNDS = "/v3/refund/domestic/refunds";

export const refundEndpoints: readonly Endpoint[] = [
  {
    method: "POST",
    path: REFUNDS,
    operation: "refund",
    family: "refund",
    limit: { name: "refund", perSecond: 150, failingPerSecond: 6 },
    run: createRefund,
  },
  {
    method: "GET",
    path: `${REFUNDS}/:no`,
    operation: "refund_query",
    family: "refund",
    limit: { name: "refund_query", perSecond: 300 },
    concerns: (world, { no }) => world.books.refund("wechat", no)?.outTradeNo,
    run: queryRefund,
  },
];

/** An identical repeat gives the same refund. */
function createRefund(world: World, { body }: Input) {
  const order = checked(RefundOrder, body);
  const there = world.books.refund("wechat", order.out_refund_no);
  if (there) return refundView(tradeOf(world, there), repeated(there, body));
  const trade = checkRefundRules(world, order);
  const refund = world.books.startRefund(trade, {
    outRefundNo: order.out_refund_no,
    providerRefundNo: wechatRefundId(world.clock.now()),
    amount: order.amount.refund,
    reason: order.reason,
    notifyUrl: order.notify_url,
    fingerprint: fingerprint(body),
    createdAt: world.clock.now(),
  });
  scheduleEnd(world, refund, "refund");
  return refundView(trade, refund);
}

function queryRefund(world: World, { no }: Input) {
  checked(OutRefundNo, no, "url");
  const refund = world.books.refund("wechat", no);
  if (!refund) throw new WechatError(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
  return refundView(tradeOf(world, refund), refund);
}

/** Brings a refund to a state and tells the shop. */
export function endRefund(world: World, refund: Refund, status: RefundStatus): void {
  world.books.settleRefund(refund, status);
  const notice = refundNotice(world, tradeOf(world, refund), refund);
  if (notice) world.deliveries.enqueue(notice);
}

/** Lets a refund end after a while: well, unless a fault is waiting for it. */
export function scheduleEnd(world: World, refund: Refund, operation: "refund" | "abnormal_refund"): void {
  const fault = world.faults.take({ ...refund, operation }, REFUND_KINDS);
  const ends = { refund_abnormal: "ABNORMAL", refund_closed: "CLOSED" } as const;
  const status = fault ? ends[fault.kind] : "SUCCESS";
  world.clock.at(world.clock.now() + world.refundDelay, () => {
    if (refund.status === "PROCESSING") endRefund(world, refund, status);
  });
}

/** The trade that a refund belongs to. */
export function tradeOf(world: World, refund: Refund): Trade {
  const trade = world.books.trade("wechat", refund.outTradeNo);
  if (!trade) throw new Error(`refund ${refund.outRefundNo} has no trade`);
  return trade;
}

function repeated(refund: Refund, body: unknown): Refund {
  if (refund.fingerprint === fingerprint(body)) return refund;
  throw invalidRequest("请求内容和上次请求不一致，请核实后再试");
}
