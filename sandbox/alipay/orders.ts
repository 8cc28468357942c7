/** Entering a trade, or finding it again for the same request (Alipay, payments and order lifecycle). */
import { alipayTradeNo } from "../numbers.ts";
import { DAY, MINUTE, nextMidnight, parseDateTime } from "../times.ts";
import { type AlipayProduct, fingerprint, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { watchDeadline } from "./lifecycle.ts";
import { PRODUCT_RULES } from "./products.ts";

const LONGEST = 15 * DAY;

/** What all methods that make a trade have in common, once read. */
export interface Order {
  readonly out_trade_no: string;
  readonly total_amount: number;
  readonly subject: string;
  readonly body?: string | undefined;
  readonly time_expire?: string | undefined;
  readonly timeout_express?: number | "1c" | undefined;
  readonly passback_params?: string | undefined;
  readonly seller_id?: string | undefined;
  readonly operator_id?: string | undefined;
  readonly store_id?: string | undefined;
  readonly terminal_id?: string | undefined;
}

interface Making {
  readonly product: AlipayProduct;
  /** Whether the trade exists from now on, or only once somebody opens its cashier. */
  readonly exists: boolean;
  /** The payer, where the order names one. */
  readonly buyerId?: string | undefined;
  /** How long a QR code lives, in ms. */
  readonly tokenLife?: number;
}

/** The trade of an order: a new one, or the one that the same request made before. Throws AlipayError. */
export function orderedTrade(world: World, order: Order, input: Input, making: Making): Trade {
  if (order.seller_id !== undefined && order.seller_id !== world.alipay.sellerId) {
    throw businessError("INVALID_RECEIVE_ACCOUNT", "seller_id不在设置的收款账户列表之内");
  }
  const print = fingerprint([making.product, input.bizContent]);
  const there = world.books.trade("alipay", order.out_trade_no);
  return there ? repeated(world, there, print) : entered(world, order, input, making, print);
}

function entered(world: World, order: Order, input: Input, making: Making, print: string): Trade {
  const now = world.clock.now();
  const { expiresAt, fromOpening } = deadline(now, order, making.product);
  const trade = world.books.enter({
    provider: "alipay",
    product: making.product,
    appId: world.alipay.appId,
    outTradeNo: order.out_trade_no,
    subject: order.subject,
    notifyUrl: input.notifyUrl,
    attach: order.passback_params,
    openid: making.buyerId ?? null,
    fingerprint: print,
    createdAt: now,
    expiresAt,
    closesAt: expiresAt,
    tokenUntil: now + (making.tokenLife ?? LONGEST),
    amount: order.total_amount,
    state: making.exists ? "open" : "unopened",
    providerTradeNo: making.exists ? alipayTradeNo(now) : null,
    alipay: {
      body: order.body,
      storeId: order.store_id,
      operatorId: order.operator_id,
      terminalId: order.terminal_id,
      fromOpening,
      creditPayMode: null,
      finished: false,
    },
  });
  if (making.exists) watchDeadline(world, trade);
  return trade;
}

/** time_expire wins over timeout_express, whose clock starts at the request or with the cashier. */
function deadline(now: number, order: Order, product: AlipayProduct) {
  const asked = order.time_expire === undefined ? undefined : parseDateTime(order.time_expire);
  if (asked !== undefined) return { expiresAt: checkedExpiry(now, asked), fromOpening: null };
  const { timeout_express: express = PRODUCT_RULES[product].timeout } = order;
  if (express === "1c") return { expiresAt: nextMidnight(now), fromOpening: null };
  if (PRODUCT_RULES[product].startsWhenOpened) return { expiresAt: now + LONGEST, fromOpening: express };
  return { expiresAt: now + express, fromOpening: null };
}

function checkedExpiry(now: number, asked: number): number {
  if (asked <= now) throw businessError("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "订单已超过time_expire");
  if (asked < now + MINUTE || asked > now + LONGEST) {
    throw businessError("INVALID_PARAMETER", "参数无效：time_expire 须在1分钟至15天之后");
  }
  return asked;
}

function repeated(world: World, trade: Trade, print: string): Trade {
  if (trade.state === "paid") throw businessError("TRADE_HAS_SUCCESS", "交易已被支付");
  if (trade.state === "closed") throw businessError("TRADE_HAS_CLOSE", "交易已经关闭");
  if (trade.fingerprint !== print) throw businessError("CONTEXT_INCONSISTENT", "交易信息被篡改");
  if (world.clock.now() >= trade.expiresAt) {
    throw businessError("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "订单已超过支付时间");
  }
  return trade;
}
