/** The address that browsers come back to from Alipay's pages: it shows how the order stands, and settles nothing by itself. */
import { Hono } from "hono";
import { html } from "hono/html";
import type { ReturnedPayment } from "../payments/attempts/returned-payment.ts";
import type { PaymentState } from "../payments/attempts/view.ts";
import { PaymentManager } from "../payments/manager.ts";
import type { AppContext, AppEnv } from "./http.ts";

const STYLE = `body{font:16px/1.6 system-ui,sans-serif;margin:15vh auto;max-width:26rem;padding:0 1rem;color:#222;text-align:center}
h1{font-size:1.4rem}small{color:#666;overflow-wrap:anywhere}`;

/** What the page says, and under which HTTP status. */
interface Message {
  readonly status: 200 | 400 | 404;
  readonly title: string;
  readonly text: string;
  /** Whether looking again may show something else. */
  readonly again?: true;
}

/** `/payments/alipay/return`, to be mounted at /api/v1. */
export function returnRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/payments/alipay/return", show);
  return app;
}

async function show(c: AppContext): Promise<Response> {
  const returned = await new PaymentManager(c.get("payments")).returned("alipay", new URL(c.req.url).search);
  const nonce = crypto.randomUUID();
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const message = messageOf(returned);
  const orderId = typeof returned === "string" ? undefined : returned.orderId;
  return c.html(page(message, orderId, nonce), message.status, { "Content-Security-Policy": policy });
}

function messageOf(returned: ReturnedPayment): Message {
  if (returned === "unverified") return { status: 400, title: "链接无效", text: "请回到商城查看订单。" };
  if (returned === "unknown") return { status: 404, title: "没有这笔订单", text: "请回到商城查看订单。" };
  return { status: 200, ...standing(returned) };
}

/** The order's standing in the buyer's words. Money that could not pay the order is not called a payment of it. */
function standing({ status, applied, orderStatus }: PaymentState): Omit<Message, "status"> {
  if (status === "SUCCESS" && applied) return { title: "支付成功", text: "您可以关闭本页，回到商城查看订单。" };
  if (orderStatus === "PAID") return { title: "订单已支付", text: "本次款项未用于该订单，如已扣款将原路退回。" };
  if (status === "SUCCESS") return { title: "款项未用于该订单", text: "款项将原路退回，或由商家与您联系。" };
  if (status === "PENDING") return { title: "正在确认支付结果", text: "尚未收到支付结果，请稍后刷新。", again: true };
  if (status === "CLOSING") return { title: "正在关闭", text: "本次支付正在关闭，请稍后刷新。", again: true };
  return { title: "支付已关闭", text: "本次支付未完成，请回到商城重新支付。" };
}

function page({ title, text, again }: Message, orderId: string | undefined, nonce: string) {
  return html`<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${title}</title><style nonce="${nonce}">${STYLE}</style></head>
<body>
<h1>${title}</h1>
<p>${text}</p>
${again ? html`<p><a href="">刷新</a></p>` : ""}
${orderId === undefined ? "" : html`<p><small>订单号 ${orderId}</small></p>`}
</body>
</html>`;
}
