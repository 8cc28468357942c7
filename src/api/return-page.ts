/** The page that a buyer who comes back from Alipay looks at: one sentence, no scripts, nothing from elsewhere. */
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** What the page says, and under which HTTP status. */
export interface Message {
  readonly status: 200 | 400 | 404 | 503;
  readonly mark: "✓" | "…" | "!" | "×";
  readonly title: string;
  readonly text: string;
  /** Whether looking again may show something else. */
  readonly again?: true;
}

const STYLE = `*{box-sizing:border-box}
body{margin:0;padding:12vh 16px 48px;background:#f3f4f6;color:#1c1f23;overflow-wrap:anywhere;
font:16px/1.6 -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:28rem;margin:0 auto;padding:32px 24px;background:#fff;border-radius:14px;text-align:center}
h1{font-size:22px;margin:12px 0 8px}p{margin:0 0 8px}small{color:#626a74;font-size:14px}
.mark{width:56px;height:56px;margin:0 auto;border-radius:50%;display:grid;place-items:center;
background:#626a74;color:#fff;font-size:28px;line-height:1}.done{background:#07804a}
a{display:block;margin:20px 0 12px;padding:12px;border-radius:10px;background:#1670e8;color:#fff;
font-weight:600;text-decoration:none}a:focus-visible{outline:3px solid #f2a900;outline-offset:2px}`;

/** What the page may load and do, given the nonce of its style: to be sent as Content-Security-Policy. */
export function policyOf(nonce: string): string {
  return `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** The document. Looking again leads to the very same address. */
export function returnPage(
  { mark, title, text, again }: Message,
  orderId: string | undefined,
  nonce: string,
): HtmlEscapedString | Promise<HtmlEscapedString> {
  return html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<div class="mark ${mark === "✓" ? "done" : ""}" aria-hidden="true">${mark}</div>
<h1>${title}</h1>
<p>${text}</p>
${again ? html`<a href="">刷新</a>` : ""}
${orderId === undefined ? "" : html`<p><small>订单号 ${orderId}</small></p>`}
</main>
</body>
</html>`;
}
