/** Opening a trade: POST /v3/pay/transactions/native. */
import { fingerprint, type Trade } from "../books.ts";
import { DAY, HOUR, MINUTE, parseRfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import { parameterError, WechatError } from "./errors.ts";
import { NativeOrder } from "./schemas.ts";

const CODE_LIFE = 2 * HOUR;
const LONGEST = 7 * DAY;
const SHORTEST = MINUTE;

/** Opens a trade, or hands out the code again when the request is the same. Throws WechatError. */
export function createNative(world: World, body: unknown): { code_url: string } {
  const order = checked(NativeOrder, body);
  if (order.appid !== world.wechat.appId) throw new WechatError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配");
  if (order.mchid !== world.wechat.mchId) throw parameterError("body", "/mchid", "与Authorization中的商户号不一致");
  const there = world.books.trade("wechat", order.out_trade_no);
  return codeUrl(world, there ? repeated(world, there, body) : opened(world, order, body));
}

function opened(world: World, order: ReturnType<typeof NativeOrder.parse>, body: unknown): Trade {
  const now = world.clock.now();
  return world.books.enter({
    provider: "wechat",
    outTradeNo: order.out_trade_no,
    subject: order.description,
    notifyUrl: order.notify_url,
    attach: order.attach,
    fingerprint: fingerprint(body),
    createdAt: now,
    expiresAt: deadline(now, order.time_expire),
    closesAt: now + LONGEST,
    tokenUntil: now + CODE_LIFE,
    amount: order.amount.total,
    state: "open",
    providerTradeNo: null,
  });
}

/** A deadline less than a minute ahead is moved to a minute ahead; the shop's clock may differ from ours by some. */
function deadline(now: number, timeExpire: string | undefined): number {
  const asked = timeExpire === undefined ? undefined : parseRfc3339(timeExpire);
  if (asked === undefined) return now + LONGEST;
  if (asked > now + LONGEST + 5 * MINUTE) throw parameterError("body", "/time_expire", "不得晚于7天后");
  return Math.max(asked, now + SHORTEST);
}

function repeated(world: World, trade: Trade, body: unknown): Trade {
  if (trade.fingerprint !== fingerprint(body)) throw new WechatError(403, "OUT_TRADE_NO_USED", "商户订单号重复");
  if (trade.state === "paid") throw new WechatError(400, "ORDERPAID", "该订单已支付");
  if (trade.state === "closed") throw new WechatError(400, "ORDER_CLOSED", "该订单已关闭，请更换商户订单号");
  const now = world.clock.now();
  if (now >= trade.expiresAt) throw new WechatError(400, "INVALID_REQUEST", "已过支付结束时间，请更换商户订单号");
  if (now >= trade.tokenUntil) world.books.renewToken(trade, now + CODE_LIFE);
  return trade;
}

function codeUrl(world: World, trade: Trade): { code_url: string } {
  return { code_url: `${world.url}/wechat/pay/${trade.token}` };
}
