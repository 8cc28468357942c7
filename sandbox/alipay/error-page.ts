/** What a browser shows instead of a cashier: refusals of page methods reach the buyer, not the shop. */
import { html } from "hono/html";
import type { SandboxContext } from "../http.ts";
import { page } from "../pages/layout.ts";
import { verdict } from "../pages/verdict.ts";
import type { AlipayError } from "./errors.ts";

export function errorPage(c: SandboxContext, error: AlipayError): Response | Promise<Response> {
  const code = html`<p class="center muted"><code>${error.subCode}</code></p>`;
  const content = verdict("!", "支付存在问题", error.message, code);
  return page(c, { title: "支付宝", theme: "alipay", content }, 400);
}
