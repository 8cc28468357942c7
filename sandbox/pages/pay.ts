/** The phone page that a QR code or a client's call leads to: look, then confirm or refuse. */
import { Hono } from "hono";
import { html } from "hono/html";
import { toYuan } from "../alipay/yuan.ts";
import { isPayable, openCashier, pay } from "../buyer.ts";
import type { SandboxContext, SandboxEnv } from "../http.ts";
import { dateTime } from "../times.ts";
import { type Provider, paidTogether, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { type Html, page } from "./layout.ts";
import { verdict } from "./verdict.ts";

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

/** What a page's address leads to: a screen that a client opened, or the trade of a code that was scanned. */
interface Visit {
  readonly trade: Trade;
  /** Opened with valid parameters: outlives the code. */
  readonly opened: boolean;
  /** Where the buyer's browser goes after paying. */
  readonly redirectUrl: string | undefined;
  /** Where a buyer goes who gives up. */
  readonly quitUrl?: string | undefined;
}

/** Whether the page makes the trade exist: an order of an application's comes into being when it is paid. */
function beginsByLooking(trade: Trade): boolean {
  return trade.provider === "wechat" || trade.product !== "app";
}

function visitOf(c: SandboxContext, world: World, provider: Provider): Visit | undefined {
  const token = c.req.param("token") ?? "";
  const cashier = provider === "wechat" ? world.wechat.cashiers.find(token) : undefined;
  if (cashier) return { ...cashier, trade: current(world, cashier.trade), opened: true };
  const screen = provider === "alipay" ? world.alipay.screens.find(token) : undefined;
  if (screen) return alipayVisit(world, screen);
  const trade = world.books.tradeByToken(provider, token);
  const scanned = trade !== undefined && ["native", "precreate", "pay"].includes(trade.product);
  return trade && scanned
    ? { trade, opened: provider === "alipay" && trade.state === "open", redirectUrl: undefined }
    : undefined;
}

/** A browser goes back with signed parameters once the trade is paid. */
function alipayVisit(world: World, screen: NonNullable<ReturnType<World["alipay"]["screens"]["find"]>>): Visit {
  const trade = current(world, screen.trade);
  const redirectUrl = trade.state === "paid" ? screen.returnUrl() : undefined;
  return { trade, opened: true, redirectUrl, quitUrl: screen.quitUrl };
}

/** The books close a trade when it is looked up. */
function current(world: World, trade: Trade): Trade {
  return world.books.trade(trade.provider, trade.outTradeNo) ?? trade;
}

function show(c: SandboxContext, world: World, provider: Provider) {
  const visit = visitOf(c, world, provider);
  const look = { title: TITLES[provider], theme: provider };
  if (!visit)
    return page(c, { ...look, content: verdict("?", "链接或二维码无效", "请回到商户页面重新发起支付。") }, 404);
  const { trade, redirectUrl } = visit;
  if (canPay(world, visit) && beginsByLooking(trade)) openCashier(world, trade);
  const goesOn = trade.state === "paid" && redirectUrl !== undefined ? { refresh: redirectUrl } : {};
  return page(c, { ...look, ...goesOn, content: content(world, visit, c) });
}

function confirm(c: SandboxContext, world: World, provider: Provider) {
  const visit = visitOf(c, world, provider);
  if (visit && canPay(world, visit)) pay(world, visit.trade);
  return c.redirect(address(c, provider), 303);
}

function address(c: SandboxContext, provider: Provider): string {
  return `/${provider}/pay/${encodeURIComponent(c.req.param("token") ?? "")}`;
}

/** A code that nobody scanned in time is dead. */
function canPay(world: World, { trade, opened }: Visit): boolean {
  return isPayable(world, trade) && (opened || world.clock.now() < trade.tokenUntil);
}

function content(world: World, visit: Visit, c: SandboxContext): Html {
  const { trade } = visit;
  const more = html`${details(trade)}${wayBack(visit)}`;
  if (trade.state === "paid") return verdict("✓", "支付成功", paidText(trade), more);
  if (trade.state === "closed") return verdict("×", "订单已关闭", "无法继续支付。", more);
  if (!isPayable(world, trade)) return verdict("!", "订单已过期", "请回到商户页面重新下单。", more);
  if (!canPay(world, visit)) return verdict("!", "二维码已过期", "请回到商户页面重新获取二维码。", more);
  return cashier(visit, address(c, trade.provider), c.req.query("refused") !== undefined);
}

function wayBack({ redirectUrl, quitUrl }: Visit): Html | "" {
  const address = redirectUrl ?? quitUrl;
  return address === undefined ? "" : html`<a class="button" href="${address}" target="_top">返回商户</a>`;
}

function paidText(trade: Trade): string {
  return trade.paidAt === null ? "" : `支付时间 ${dateTime(trade.paidAt)}`;
}

/** Shops may show the page in a frame (qr_pay_mode). Paying leaves it, because the way back is the whole window's. */
function cashier(visit: Visit, path: string, refused: boolean): Html {
  const { trade } = visit;
  const total = paidTogether(trade).reduce((sum, each) => sum + each.amount, 0);
  return html`${refused ? html`<p class="notice" role="status">已拒绝支付。订单仍未支付，您可以重新支付。</p>` : ""}
<section class="card">
<p class="center muted">付款给 ${MERCHANT}</p>
<p class="amount">¥${toYuan(total)}</p>
${details(trade)}
</section>
<form method="post" action="${path}/confirm" target="_top"><button>确认支付</button></form>
<form method="post" action="${path}/refuse"><button class="quiet">拒绝支付</button></form>
${refused ? wayBack(visit) : ""}`;
}

/** Of each trade that is paid together with this one. */
function details(trade: Trade): Html {
  const lists = paidTogether(trade).map(
    (each) => html`<dl>
<dt>商品</dt><dd>${each.subject}</dd>
<dt>商户</dt><dd>${MERCHANT}</dd>
<dt>金额</dt><dd>¥${toYuan(each.amount)}</dd>
<dt>商户单号</dt><dd>${each.outTradeNo}</dd>
</dl>`,
  );
  return html`${lists}`;
}
