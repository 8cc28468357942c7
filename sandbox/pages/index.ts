/** The page for people: what this is, which trades there are, how the shop is configured. */
import { Hono } from "hono";
import { html, raw } from "hono/html";
import { toString as toQrCode } from "qrcode";
import { toYuan } from "../alipay/yuan.ts";
import type { SandboxEnv } from "../http.ts";
import { dateTime } from "../times.ts";
import { type Product, refunded, type Trade } from "../trade.ts";
import { h5Url } from "../wechat/products.ts";
import type { World } from "../world.ts";
import { type Html, page } from "./layout.ts";
import { transfersList } from "./transfers-list.ts";

const PROVIDERS = { wechat: "微信支付", alipay: "支付宝" };
const PRODUCTS: Record<Product, string> = {
  jsapi: "JSAPI",
  native: "Native",
  h5: "H5",
  app: "APP",
  precreate: "扫码",
  page: "电脑网站",
  wap: "手机网站",
  create: "小程序",
  pay: "付款码",
};
const STATES = { unopened: "待扫码", open: "待支付", paid: "已支付", closed: "已关闭" };
const MOST_ROWS = 100;

/** The front page. Key material is shown by name only. */
export function indexPage(world: World, env: () => Readonly<Record<string, string>>): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/", async (c) => {
    const rows = await Promise.all(
      world.books
        .trades()
        .slice(0, MOST_ROWS)
        .map((trade) => row(world, trade)),
    );
    return page(c, {
      title: "支付模拟器",
      wide: true,
      content: html`${about()}${trades(rows)}${transfersList(world)}${settings(world, env())}`,
    });
  });
  return app;
}

function about(): Html {
  return html`<section class="card">
<h1>微信支付与支付宝模拟器</h1>
<p>本程序在您的机器上模拟微信支付 V3 与支付宝（RSA2）的网关：按真实规则校验每个请求，记账，并按真实的重试时间表发送签名回调。这里没有真实资金。</p>
<p class="muted">控制接口位于 <code>/_sandbox</code>，只接受本机请求，用法见 sandbox/README.md。</p>
</section>`;
}

function trades(rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<section class="card"><h2>交易</h2><p class="muted">还没有交易。</p></section>`;
  return html`<section class="card">
<h2>交易</h2>
<div class="scroll"><table>
<thead><tr><th>渠道</th><th>付款</th><th>状态</th><th class="number">金额</th><th class="number">已退款</th><th>商品</th>
<th>商户单号</th><th>创建时间</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
</section>`;
}

async function row(world: World, trade: Trade): Promise<Html> {
  return html`<tr>
<td>${PROVIDERS[trade.provider]} ${PRODUCTS[trade.product]}</td><td>${await wayToPay(world, trade)}</td>
<td>${STATES[trade.state]}</td><td class="number">${toYuan(trade.amount)}</td><td class="number">${toYuan(refunded(trade))}</td>
<td class="subject">${trade.subject}</td><td><code>${trade.outTradeNo}</code></td><td>${dateTime(trade.createdAt)}</td>
</tr>`;
}

/** Where a payment starts with what the merchant's own client brings, signed by the merchant. */
const FROM_CLIENTS: readonly Product[] = ["jsapi", "app", "page", "wap", "create"];

async function wayToPay(world: World, trade: Trade): Promise<Html> {
  if (FROM_CLIENTS.includes(trade.product)) return html`由商户调起`;
  if (trade.product === "h5") return html`<a href="${h5Url(world, trade)}">H5 页面</a>`;
  const path = `/${trade.provider}/pay/${trade.token}`;
  const payable = trade.state === "open" || trade.state === "unopened";
  return html`<a href="${path}">手机页面</a>${payable ? await qrCode(world.url + path) : ""}`;
}

async function qrCode(address: string): Promise<Html> {
  const image = await toQrCode(address, { type: "svg", margin: 1 });
  return html`<details><summary>二维码</summary>${raw(image)}</details>`;
}

function settings(world: World, env: Readonly<Record<string, string>>): Html {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${isSecret(name) ? "…" : value}`);
  const way = world.notify === "push" ? "由模拟器主动发送（push）" : "由测试自行取走（pull）";
  return html`<section class="card">
<h2>设置</h2>
<p>回调方式：${way}；微信退款约 ${String(world.refundDelay / 1000)} 秒后完成。</p>
<pre>${lines.join("\n")}</pre>
</section>`;
}

function isSecret(name: string): boolean {
  return /_(?:KEY|CERT)$/.test(name);
}
