/** What a browser shows instead of a cashier: refusals of page methods reach the buyer, not the shop. */
import { html } from "hono/html";
import type { SandboxContext } from "../http.ts";
import { page } from "../pages/layout.ts";
import { verdict } from "../pages/verdict.ts";
import type { AlipayError } from "./errors.ts";

export function errorPage(c: SandboxContext, error: AlipayError): Response | Promise<Response> {
  const { text, signed } = legible(error);
  const more = html`${signed === "" ? "" : html`<pre class="whole">${signed}</pre>`}
<p class="center muted"><code>${error.subCode}</code></p>`;
  return page(c, { title: "支付宝", theme: "alipay", content: verdict("!", "支付存在问题", text, more) }, 400);
}

const REFERENCES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

/**
 * A wrong signature's message ends with the text that the gateway built, escaped for HTML as in its JSON answers. Here
 * that text is to be compared by eye with the shop's own, so it stands apart and as it was built.
 */
function legible({ subCode, message }: AlipayError): { readonly text: string; readonly signed: string } {
  if (subCode !== "isv.invalid-signature") return { text: message, signed: "" };
  const [, text = message, signed = ""] = /^(.*?验签字符串为：)(.*)$/s.exec(message) ?? [];
  return { text, signed: signed.replaceAll(/&(amp|lt|gt|quot);/g, (_, name: string) => REFERENCES[name] ?? "") };
}
