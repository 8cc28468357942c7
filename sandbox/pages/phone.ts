/** The buyer's phone with a payment code to be scanned: /alipay/phone */
import { Hono } from "hono";
import { html } from "hono/html";
import * as z from "zod";
import { CODE_FAILURES, type CodeFailure, type PaymentCode } from "../alipay/phone.ts";
import type { SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { type Html, page } from "./layout.ts";

const Wishes = z.object({ password: z.string().optional(), failure: z.string().optional() });

export function phonePages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/alipay/phone", (c) => {
    const { password, failure } = Wishes.parse(c.req.query());
    const wishes = { asksPassword: password !== undefined, failure: knownFailure(failure) };
    return page(c, { title: "支付宝", theme: "alipay", content: content(world.alipay.phone.show(wishes)) });
  });
  return app;
}

function knownFailure(text: string | undefined): CodeFailure | undefined {
  return Object.keys(CODE_FAILURES).find((name): name is CodeFailure => name === text);
}

/** The form keeps what was wished for. */
function content({ code, asksPassword, failure }: PaymentCode): Html {
  return html`<section class="card">
<h1 class="center">付款码</h1>
<p class="amount"><code id="auth-code">${code}</code></p>
<p class="center muted">两分钟内有效，仅可使用一次。请商户扫描或输入。</p>
</section>
<form class="card" method="get" action="/alipay/phone">
<label><input type="checkbox" name="password" value="1" ${asksPassword ? "checked" : ""}> 付款时须在手机上确认</label>
<label>付款失败原因 <select name="failure"><option value="">无</option>${options(failure)}</select></label>
<button>换一个付款码</button>
</form>`;
}

function options(chosen: CodeFailure | undefined): Html {
  return html`${Object.entries(CODE_FAILURES).map(
    ([name, text]) => html`<option value="${name}" ${name === chosen ? "selected" : ""}>${text}</option>`,
  )}`;
}
