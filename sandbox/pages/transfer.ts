/** The page on which the recipient of a transfer takes the money: what wx.requestMerchantTransfer shows. */
import { Hono } from "hono";
import { html } from "hono/html";
import { toYuan } from "../alipay/yuan.ts";
import type { SandboxContext, SandboxEnv } from "../http.ts";
import { dateTime } from "../times.ts";
import type { Transfer, TransferState } from "../wechat/transfers-book.ts";
import { invokedTransfer, type TransferInvocation } from "../wechat/transfers-client.ts";
import { confirmTransfer, isConfirmable } from "../wechat/transfers-flow.ts";
import type { World } from "../world.ts";
import { type Html, page } from "./layout.ts";
import { verdict } from "./verdict.ts";

const LOOK = { title: "微信支付", theme: "wechat" } as const;
const MERCHANT = "中道商城";

const HEADINGS: Record<TransferState, string> = {
  ACCEPTED: "转账处理中",
  PROCESSING: "转账处理中",
  WAIT_USER_CONFIRM: "已超过确认时间",
  TRANSFERING: "已确认收款",
  SUCCESS: "已收款",
  FAIL: "转账未完成",
  CANCELING: "商户已撤销转账",
  CANCELLED: "商户已撤销转账",
};

/** /wechat/transfer?mchId=&appId=&package= */
export function transferPages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/wechat/transfer", (c) => {
    const invoked = invokedTransfer(world, invocationOf(c));
    if ("problem" in invoked)
      return page(c, { ...LOOK, content: verdict("?", "无法打开收款页面", invoked.problem) }, 404);
    return page(c, { ...LOOK, content: content(world, invoked.transfer, c) });
  });
  app.post("/wechat/transfer/confirm", (c) => {
    const invocation = invocationOf(c);
    const invoked = invokedTransfer(world, invocation);
    if ("transfer" in invoked && isConfirmable(world, invoked.transfer)) confirmTransfer(world, invoked.transfer);
    return c.redirect(`/wechat/transfer?${query(invocation)}`, 303);
  });
  return app;
}

function invocationOf(c: SandboxContext): TransferInvocation {
  const parameter = (name: string) => c.req.query(name) ?? "";
  return { mchId: parameter("mchId"), appId: parameter("appId"), package: parameter("package") };
}

function query({ mchId, appId, package: packageInfo }: TransferInvocation): string {
  return new URLSearchParams({ mchId, appId, package: packageInfo }).toString();
}

function content(world: World, transfer: Transfer, c: SandboxContext): Html {
  if (!isConfirmable(world, transfer)) {
    const done = transfer.state === "TRANSFERING" || transfer.state === "SUCCESS";
    return verdict(done ? "✓" : "!", HEADINGS[transfer.state], "", details(transfer));
  }
  return html`<section class="card">
<p class="center muted">${MERCHANT} 向您转账</p>
<p class="amount">¥${toYuan(transfer.amount)}</p>
${details(transfer)}
</section>
<form method="post" action="/wechat/transfer/confirm?${query(invocationOf(c))}"><button>确认收款</button></form>
<p class="center muted">请在 ${dateTime(transfer.confirmBy)} 前确认，逾期将退回商户。</p>`;
}

function details(transfer: Transfer): Html {
  return html`<dl>
<dt>收款原因</dt><dd>${transfer.perception}</dd>
<dt>备注</dt><dd>${transfer.remark}</dd>
<dt>金额</dt><dd>¥${toYuan(transfer.amount)}</dd>
<dt>商户单号</dt><dd>${transfer.outBillNo}</dd>
</dl>`;
}
