/** Orders that the buyer's device brings: alipay.trade.page.pay, .wap.pay and, within applications, .app.pay. */
import { parseAddress } from "../notify-url.ts";
import type { AlipayProduct, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { appResult } from "./app-result.ts";
import type { Input, Screen, ScreenEndpoint } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { AppPay, PagePay, WapPay } from "./order-schemas.ts";
import { type Order, orderedTrade } from "./orders.ts";
import { returnAddress } from "./returns.ts";
import { checked } from "./schemas.ts";

export const pageEndpoints: readonly ScreenEndpoint[] = [
  { method: "alipay.trade.page.pay", operation: "create", channel: "browser", open: openPage },
  { method: "alipay.trade.wap.pay", operation: "create", channel: "browser", open: openWap },
  { method: "alipay.trade.app.pay", operation: "create", channel: "app", open: openApp },
];

function openPage(world: World, input: Input): Screen {
  const order = checked(PagePay, input.bizContent);
  if (order.qrcode_width !== undefined && order.qr_pay_mode !== "4") {
    throw businessError("INVALID_PARAMETER", "参数无效：qrcode_width 仅当 qr_pay_mode 为4时可用");
  }
  return inBrowser(world, order, input, "page");
}

function openWap(world: World, input: Input): Screen {
  const order = checked(WapPay, input.bizContent);
  if (!parseAddress(order.quit_url)) throw businessError("INVALID_PARAMETER", "参数无效：quit_url 须为http或https地址");
  return inBrowser(world, order, input, "wap", order.quit_url);
}

function inBrowser(world: World, order: Order, input: Input, product: "page" | "wap", quitUrl?: string): Screen {
  const trade = orderedTrade(world, order, input, { product, exists: false });
  const { returnUrl } = input;
  return {
    url: cashier(world, trade, { returnUrl: () => returnUrl && returnAddress(world, trade, returnUrl), quitUrl }),
  };
}

/** The order comes into being when the buyer pays, so a buyer who gives up leaves nothing behind. */
function openApp(world: World, input: Input): Screen {
  const order = checked(AppPay, input.bizContent);
  const product: AlipayProduct = "app";
  const trade = orderedTrade(world, order, input, { product, exists: false });
  const url = cashier(world, trade, { returnUrl: () => undefined, quitUrl: undefined });
  return { url, result: () => appResult(world, trade) };
}

type Ways = Omit<Parameters<World["alipay"]["screens"]["open"]>[0], "trade">;

function cashier(world: World, trade: Trade, ways: Ways): string {
  return `${world.url}/alipay/pay/${world.alipay.screens.open({ trade, ...ways })}`;
}
