/** Opening a trade: POST /v3/pay/transactions/{jsapi,native,h5,app} (WeChat Pay V3, create order). */
import { DAY, MINUTE, parseRfc3339 } from "../times.ts";
import { fingerprint, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { openidOwner } from "./applications.ts";
import { checked } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { invalidRequest, parameterError, WechatError } from "./errors.ts";
import type { Order } from "./order-schemas.ts";
import { PRODUCT_NAMES, PRODUCTS, type WechatProductName } from "./products.ts";

const LONGEST = 7 * DAY;
const SHORTEST = MINUTE;
const CLOCKS_APART = 5 * MINUTE;

export const createEndpoints: readonly Endpoint[] = PRODUCT_NAMES.map((product) => ({
  method: "POST",
  path: `/v3/pay/transactions/${product}`,
  operation: "create",
  family: "pay",
  run: (world, { body }) => createOrder(world, product, body),
}));

/** Opens a trade, or hands out what the client pays with again when the request is the same. Throws WechatError. */
function createOrder(world: World, product: WechatProductName, body: unknown): object {
  const order = checked(PRODUCTS[product].schema, body);
  requireProduct(world, product, order);
  requireOpenid(order.appid, order.payer?.openid);
  const there = world.books.trade("wechat", order.out_trade_no);
  const trade = there ? repeated(world, there, product, body) : opened(world, product, order, body);
  return PRODUCTS[product].credential(world, trade);
}

/** The merchant is the one who signs, has applied for the product, and has the application bound to it. */
export function requireProduct(world: World, product: WechatProductName, order: { appid: string; mchid: string }) {
  if (order.mchid !== world.wechat.mchId) throw parameterError("body", "/mchid", "与Authorization中的商户号不一致");
  if (!PRODUCTS[product].appIds(world).includes(order.appid)) {
    throw new WechatError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配");
  }
  if (world.wechat.merchant.disabledProducts.includes(product)) {
    throw new WechatError(403, "NO_AUTH", "商户无此产品的权限，请先开通");
  }
}

/** The payer has to be a user of the order's own application. */
export function requireOpenid(appId: string, openid: string | undefined, field = "/payer/openid"): void {
  const owner = openid === undefined ? "own" : openidOwner(appId, openid);
  if (owner === "nobody") throw parameterError("body", field, "无效的openid", openid);
  if (owner === "other") throw new WechatError(500, "OPENID_MISMATCH", "openid和appid不匹配");
}

function opened(world: World, product: WechatProductName, order: Order, body: unknown): Trade {
  const now = world.clock.now();
  return world.books.enter({
    provider: "wechat",
    product,
    appId: order.appid,
    outTradeNo: order.out_trade_no,
    subject: order.description,
    notifyUrl: order.notify_url,
    attach: order.attach,
    deviceId: order.scene_info?.device_id,
    openid: order.payer?.openid ?? null,
    fingerprint: fingerprint(body),
    createdAt: now,
    expiresAt: deadline(now, order.time_expire),
    closesAt: now + LONGEST,
    tokenUntil: now + PRODUCTS[product].life,
    amount: order.amount.total,
    state: "open",
    providerTradeNo: null,
  });
}

/** A deadline less than a minute ahead is moved to a minute ahead; the shop's clock may differ from ours by some. */
export function deadline(now: number, timeExpire: string | undefined): number {
  const asked = timeExpire === undefined ? undefined : parseRfc3339(timeExpire);
  if (asked === undefined) return now + LONGEST;
  if (asked > now + LONGEST + CLOCKS_APART) throw parameterError("body", "/time_expire", "不得晚于7天后", timeExpire);
  return Math.max(asked, now + SHORTEST);
}

function repeated(world: World, trade: Trade, product: WechatProductName, body: unknown): Trade {
  if (trade.product !== product || trade.fingerprint !== fingerprint(body)) {
    throw new WechatError(403, "OUT_TRADE_NO_USED", "商户订单号重复");
  }
  requireOpen(world, trade);
  renew(world, trade, PRODUCTS[product].life);
  return trade;
}

/** Refuses to go on with a trade that is over. Throws WechatError. */
export function requireOpen(world: World, trade: Trade): void {
  if (trade.state === "paid") throw new WechatError(400, "ORDERPAID", "该订单已支付");
  if (trade.state === "closed") throw new WechatError(400, "ORDER_CLOSED", "该订单已关闭，请更换商户订单号");
  if (world.clock.now() >= trade.expiresAt) throw invalidRequest("已过支付结束时间，请更换商户订单号");
}

/** Gives a trade a fresh token when the old one has lapsed. `life` in ms. */
export function renew(world: World, trade: Trade, life: number): void {
  const now = world.clock.now();
  if (now >= trade.tokenUntil) world.books.renewToken(trade, now + life);
}
