/**
 * The page behind an h5_url: checks where the buyer comes from and may return to, then opens the payment screen
 * (WeChat Pay V3, H5).
 */
import { parseAddress } from "../notify-url.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { tradeOfPrepayId } from "./prepay.ts";

/** How a browser came to the h5_url. */
export interface H5Visit {
  readonly prepayId: string;
  /** What the merchant appended, decoded. */
  readonly redirectUrl: string | undefined;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
}

/** Why the page shows an error instead, in WeChat Pay's words. */
export class H5Error extends Error {}

const UNKNOWN = "商家参数格式有误，请联系商家解决";
const NOT_SET_UP = "商家存在未配置的参数，请联系商家解决";

/** Opens the payment screen and returns its secret. Throws H5Error. */
export function enterH5(world: World, visit: H5Visit): string {
  if (/MicroMessenger/i.test(visit.userAgent ?? "")) throw new H5Error("请在微信外打开订单，进行支付");
  const referer = parseAddress(visit.referer ?? "");
  if (!referer) throw new H5Error(`${UNKNOWN}（缺少Referer）`);
  requireDomain(world, referer);
  const trade = payableTrade(world, visit.prepayId);
  return world.wechat.cashiers.open(trade, visit.redirectUrl && redirection(world, visit.redirectUrl));
}

function payableTrade(world: World, id: string): Trade {
  const trade = tradeOfPrepayId(world, id);
  if (trade?.product !== "h5") throw new H5Error("订单不存在或链接已失效");
  if (world.clock.now() >= trade.tokenUntil) throw new H5Error("支付链接已过期，请回到商户页面重新发起支付");
  return trade;
}

/** Browsers are sent to web pages only, on the merchant's own domains where those are set up. */
function redirection(world: World, address: string): string {
  const url = parseAddress(address);
  if (!url) throw new H5Error(`${UNKNOWN}（redirect_url须为http或https地址）`);
  requireDomain(world, url);
  return url.href;
}

function requireDomain(world: World, url: URL): void {
  const domains = world.wechat.merchant.h5Domains;
  if (domains !== null && !domains.includes(url.hostname)) throw new H5Error(`${NOT_SET_UP}（${url.hostname}）`);
}
