/** The frame of every page: no scripts, nothing from elsewhere, fit for a phone. */
import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'";

const STYLE = `
:root { --brand: #1f2937; --ink: #1c1f23; --muted: #626a74; --line: #e7e9ec; --ground: #f3f4f6; --card: #fff; }
.wechat { --brand: #07804a; } .alipay { --brand: #1670e8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.6;
  font: 16px/1.6 -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header { background: var(--brand); color: #fff; padding: 14px 20px; display: flex; gap: 10px; align-items: center; }
header strong { font-weight: 600; } header span { margin-left: auto; font-size: 12px; border: 1px solid #fff9;
  border-radius: 99px; padding: 1px 10px; white-space: nowrap; }
main { max-width: 30rem; margin: 0 auto; padding: 20px 16px 48px; } .wide { max-width: 68rem; }
.card { background: var(--card); border-radius: 14px; padding: 22px 20px; margin-bottom: 16px;
  box-shadow: 0 1px 2px #0000000f; overflow-wrap: anywhere; }
.amount { text-align: center; font-size: clamp(28px, 9vw, 40px); font-weight: 600; line-height: 1.2; margin: 6px 0 2px;
  white-space: nowrap; }
.center { text-align: center; } .muted { color: var(--muted); font-size: 14px; }
.mark { width: 56px; height: 56px; border-radius: 50%; margin: 0 auto 8px; display: grid; place-items: center;
  background: var(--brand); color: #fff; font-size: 28px; } .mark.off { background: #9aa2ac; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 10px 20px; margin: 18px 0 0; padding-top: 16px;
  border-top: 1px solid var(--line); font-size: 15px; } dt { color: var(--muted); } dd { margin: 0; text-align: right; }
button { width: 100%; padding: 13px; border: 0; border-radius: 10px; font: inherit; font-weight: 600; cursor: pointer;
  background: var(--brand); color: #fff; } button.quiet { background: none; color: var(--muted); font-weight: 400; }
a.button { display: block; padding: 12px; margin-top: 16px; border: 1px solid var(--brand); border-radius: 10px;
  color: var(--brand); background: var(--card); font-weight: 600; text-align: center; text-decoration: none; }
:is(button, a, summary, select, input):focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; }
label { display: block; margin-bottom: 12px; } select { font: inherit; width: 100%; padding: 8px; }
form + form { margin-top: 8px; } .notice { background: #fff6dd; border-radius: 10px; padding: 10px 14px; margin: 0 0 16px; }
h1 { font-size: 22px; margin: 0 0 8px; } h2 { font-size: 17px; margin: 0 0 10px; } p { margin: 0 0 8px; }
.scroll { overflow-x: auto; } td.subject { white-space: normal; min-width: 16rem; max-width: 22rem; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--muted); font-weight: 400; } th, td { padding: 8px 12px 8px 0; white-space: nowrap;
  border-bottom: 1px solid var(--line); vertical-align: top; } .number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; } pre { overflow-x: auto; margin: 0; }
.amount code { font-size: 22px; } pre.whole { white-space: pre-wrap; padding: 12px; margin: 12px 0;
  background: var(--ground); border-radius: 10px; }
summary { cursor: pointer; } svg { width: 168px; height: 168px; display: block; margin-top: 8px; }
`;

interface Page {
  readonly title: string;
  readonly theme?: "wechat" | "alipay";
  readonly wide?: boolean;
  /** Where the browser goes by itself after a moment. */
  readonly refresh?: string;
  readonly content: Html;
}

/** Answers with a page. Text in `content` has been escaped by the html template. */
export function page(c: Context, { title, theme, wide, refresh, content }: Page, status: 200 | 400 | 404 = 200) {
  c.header("Content-Security-Policy", POLICY);
  c.header("Cache-Control", "no-store");
  const document = html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh === undefined ? "" : html`<meta http-equiv="refresh" content="2;url=${refresh}">`}
<title>${title}（模拟）</title>
<style>${raw(STYLE)}</style>
</head>
<body class="${theme ?? ""}">
<header><strong>${title}</strong><span>模拟环境 · 非真实资金</span></header>
<main class="${wide ? "wide" : ""}">${content}</main>
</body>
</html>`;
  return c.html(document, status);
}
