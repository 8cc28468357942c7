/** The phone page that a QR code leads to: look, then confirm or refuse. */
import { Hono } from "hono";
import { html } from "hono/html";
import { toYuan } from "../alipay/yuan.ts";
import type { Provider, Trade } from "../books.ts";
import { isPayable, openCashier, pay } from "../buyer.ts";
import type { SandboxContext, SandboxEnv } from "../http.ts";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import { type Html, page } from "./layout.ts";

const TITLES: Record<Provider, string> = { wechat: "微信支付", alipay: "支付宝" };
const MERCHANT = "中道商城";

/** /wechat/pay/{token} and /alipay/pay/{token} */
export function payPages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  for (const provider of ["wechat", "alipay"] as const) {
    const path = `/${provider}/pay/:token`;
    app.get(path, (c) => show(c, world, provider));
    app.post(`${path}/confirm`, (c) => confirm(c, world, provider));
    app.post(`${path}/refuse`, (c) => c.redirect(`${address(c, provider)}?refused`, 303));
  }
  return app;
}

function show(c: SandboxContext, world: World, provider: Provider) {
  const trade = world.books.tradeByToken(provider, c.req.param("token") ?? "");
  const look = { title: TITLES[provider], theme: provider };
  if (!trade) return page(c, { ...look, content: verdict("?", "二维码无效", "请回到商户页面重新获取二维码。") }, 404);
  if (isScannable(world, trade)) openCashier(world, trade);
  return page(c, { ...look, content: content(world, trade, c) });
}

function confirm(c: SandboxContext, world: World, provider: Provider) {
  const trade = world.books.tradeByToken(provider, c.req.param("token") ?? "");
  if (trade && isScannable(world, trade)) pay(world, trade);
  return c.redirect(address(c, provider), 303);
}

function address(c: SandboxContext, provider: Provider): string {
  return `/${provider}/pay/${encodeURIComponent(c.req.param("token") ?? "")}`;
}

/** An opened cashier outlives its QR code; a code that nobody scanned in time is dead. */
function isScannable(world: World, trade: Trade): boolean {
  const opened = trade.provider === "alipay" && trade.state === "open";
  return isPayable(world, trade) && (opened || world.clock.now() < trade.tokenUntil);
}

function content(world: World, trade: Trade, c: SandboxContext): Html {
  if (trade.state === "paid") return verdict("✓", "支付成功", paidText(trade), details(trade));
  if (trade.state === "closed") return verdict("×", "订单已关闭", "无法继续支付。", details(trade));
  if (!isScannable(world, trade)) return verdict("!", "二维码已过期", "请回到商户页面重新下单。", details(trade));
  return cashier(trade, address(c, trade.provider), c.req.query("refused") !== undefined);
}

function paidText(trade: Trade): string {
  return trade.paidAt === null ? "" : `支付时间 ${dateTime(trade.paidAt)}`;
}

function cashier(trade: Trade, path: string, refused: boolean): Html {
  return html`${refused ? html`<p class="notice" role="status">已拒绝支付。订单仍未支付，您可以重新支付。</p>` : ""}
<section class="card">
<p class="center muted">付款给 ${MERCHANT}</p>
<p class="amount">¥${toYuan(trade.amount)}</p>
${details(trade)}
</section>
<form method="post" action="${path}/confirm"><button>确认支付</button></form>
<form method="post" action="${path}/refuse"><button class="quiet">拒绝支付</button></form>`;
}

function verdict(mark: string, heading: string, text: string, more: Html | "" = ""): Html {
  return html`<section class="card">
<div class="mark ${mark === "✓" ? "" : "off"}" aria-hidden="true">${mark}</div>
<h1 class="center">${heading}</h1>
<p class="center muted">${text}</p>
${more}
</section>`;
}

function details(trade: Trade): Html {
  return html`<dl>
<dt>商品</dt><dd>${trade.subject}</dd>
<dt>商户</dt><dd>${MERCHANT}</dd>
<dt>金额</dt><dd>¥${toYuan(trade.amount)}</dd>
<dt>商户单号</dt><dd>${trade.outTradeNo}</dd>
</dl>`;
}
