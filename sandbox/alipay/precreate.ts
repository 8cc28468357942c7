/** alipay.trade.precreate: a QR code for the buyer to scan. The trade exists once somebody does. */

import { DAY, HOUR, MINUTE, nextMidnight, parseDateTime } from "../times.ts";
import { fingerprint, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { businessError } from "./errors.ts";
import { checked, Precreate } from "./schemas.ts";

const CODE_LIFE = 2 * HOUR;
const DEFAULT_TIMEOUT = 3 * HOUR;
const LONGEST = 15 * DAY;

type Order = ReturnType<typeof Precreate.parse>;

/** Hands out a QR code, the same one again for the same request. Throws AlipayError. */
export function precreate(world: World, bizContent: unknown, notifyUrl: string | undefined) {
  const order = checked(Precreate, bizContent);
  if (order.seller_id !== undefined && order.seller_id !== world.alipay.sellerId) {
    throw businessError("INVALID_RECEIVE_ACCOUNT", "seller_id不在设置的收款账户列表之内");
  }
  const there = world.books.trade("alipay", order.out_trade_no);
  const trade = there
    ? repeated(world, there, order, bizContent)
    : entered(world, order, bizContent, notifyUrl || undefined);
  return { out_trade_no: trade.outTradeNo, qr_code: `${world.url}/alipay/pay/${trade.token}` };
}

function entered(world: World, order: Order, bizContent: unknown, notifyUrl: string | undefined): Trade {
  const now = world.clock.now();
  const expiresAt = deadline(now, order);
  return world.books.enter({
    provider: "alipay",
    product: "precreate",
    appId: world.alipay.appId,
    outTradeNo: order.out_trade_no,
    subject: order.subject,
    notifyUrl,
    attach: order.passback_params,
    fingerprint: fingerprint(bizContent),
    createdAt: now,
    expiresAt,
    closesAt: expiresAt,
    tokenUntil: now + codeLife(order),
    amount: order.total_amount,
    state: "unopened",
    providerTradeNo: null,
  });
}

/** time_expire wins over timeout_express, which counts from the request. */
function deadline(now: number, order: Order): number {
  const asked = order.time_expire === undefined ? undefined : parseDateTime(order.time_expire);
  if (asked === undefined) return now + timeout(now, order);
  if (asked <= now) throw businessError("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "订单已超过time_expire");
  if (asked < now + MINUTE || asked > now + LONGEST) {
    throw businessError("INVALID_PARAMETER", "参数无效：time_expire 须在1分钟至15天之后");
  }
  return asked;
}

function timeout(now: number, order: Order): number {
  if (order.timeout_express === "1c") return nextMidnight(now) - now;
  return order.timeout_express ?? DEFAULT_TIMEOUT;
}

function codeLife(order: Order): number {
  return Math.min(order.qr_code_timeout_express ?? CODE_LIFE, CODE_LIFE);
}

function repeated(world: World, trade: Trade, order: Order, bizContent: unknown): Trade {
  if (trade.state === "paid") throw businessError("TRADE_HAS_SUCCESS", "交易已被支付");
  if (trade.state === "closed") throw businessError("TRADE_HAS_CLOSE", "交易已经关闭");
  if (trade.fingerprint !== fingerprint(bizContent)) throw businessError("CONTEXT_INCONSISTENT", "交易信息被篡改");
  const now = world.clock.now();
  if (now >= trade.expiresAt) throw businessError("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "订单已超过支付时间");
  if (now >= trade.tokenUntil) world.books.renewToken(trade, now + codeLife(order));
  return trade;
}
