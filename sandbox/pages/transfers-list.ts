/** The transfers on the page for people, each with the way to confirm it. */
import { html } from "hono/html";
import { toYuan } from "../alipay/yuan.ts";
import { dateTime } from "../times.ts";
import type { Transfer } from "../wechat/transfers-book.ts";
import { openTransfer } from "../wechat/transfers-client.ts";
import { isConfirmable } from "../wechat/transfers-flow.ts";
import type { World } from "../world.ts";
import type { Html } from "./layout.ts";

const MOST_ROWS = 100;

/** Nothing at all where there are none. */
export function transfersList(world: World): Html | "" {
  const transfers = world.wechat.transfers.list().slice(0, MOST_ROWS);
  if (transfers.length === 0) return "";
  return html`<section class="card">
<h2>商家转账</h2>
<div class="scroll"><table>
<thead><tr><th>商户单号</th><th>备注</th><th class="number">金额</th><th>状态</th><th>创建时间</th><th>收款</th></tr></thead>
<tbody>${transfers.map((transfer) => row(world, transfer))}</tbody>
</table></div>
</section>`;
}

function row(world: World, transfer: Transfer): Html {
  return html`<tr>
<td><code>${transfer.outBillNo}</code></td><td>${transfer.remark}</td><td class="number">${toYuan(transfer.amount)}</td>
<td>${transfer.state}</td><td>${dateTime(transfer.createdAt)}</td>
<td>${isConfirmable(world, transfer) ? html`<a href="${pageOf(world, transfer)}">手机页面</a>` : ""}</td>
</tr>`;
}

function pageOf(world: World, transfer: Transfer): string {
  const { appId, packageInfo } = transfer;
  const opened = openTransfer(world, { mchId: world.wechat.mchId, appId, package: packageInfo });
  return "url" in opened ? opened.url : "";
}
