/** What shops write, on the simulator's pages: it stays text, and it stays as it is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { elementsOf, parseErrorsOf, textsOf } from "../support/html.ts";
import { get, submit, visit } from "./alipay-browser.ts";
import { joined, pageUrl, signedParameters } from "./alipay-client.ts";
import { call, type Env, nativeOrder, value } from "./wechat-client.ts";

const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
const NOTIFY = "https://shop.example/n";

let sandbox: Sandbox;
let env: Env;

beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
  env = sandbox.env;
});
afterAll(() => sandbox.close());

let count = 0;
const number = () => `html_${++count}`;

function wap(more: object, parameters: Record<string, string> = {}): string {
  const order = { out_trade_no: number(), total_amount: "88.80", subject: "龙井茶", quit_url: "https://shop.example/" };
  return pageUrl(env, "alipay.trade.wap.pay", { ...order, ...more }, { notify_url: NOTIFY, ...parameters });
}

async function nativeCode(description: string): Promise<string> {
  const order = { ...nativeOrder(env, number(), NOTIFY), description };
  return String((await call(env, "POST", "/v3/pay/transactions/native", order)).json().code_url);
}

describe("a text on a page", () => {
  const TEXTS = {
    "everything on a keyboard": String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index)),
    "what looks like references": "&lt;b&gt; &amp;amp; &times;tamp &notify &#39; &copy",
    markup: HOSTILE,
    emoji: "🎁 👨‍👩‍👧‍👦 🏳️‍🌈 1️⃣",
    "all directions": "a\u202eb\u200f שלום \u2066c\u2069",
    "combining marks": "e\u0301 Z\u0351\u036b क्षि",
    "Chinese, rare and wide": "㐀\u{20bb7}\u{2a6d6} ＡＢ＆／＝",
    separators: "a\u2028b\u2029c\u00a0d",
  };

  it.each(Object.entries(TEXTS))("is shown as the shop sent it: %s", async (_kind, text) => {
    const subject = text.replaceAll(/[/=&]/g, "_");
    const { page } = await visit(wap({ subject }));
    expect(textsOf(page.body, "dd")[0]).toBe(subject);
    expect(textsOf((await get(sandbox.url)).body, "td")).toContain(subject);
    // WeChat Pay takes the characters that Alipay does not, but none of four bytes.
    const description = text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, "_");
    const code = await nativeCode(description);
    expect(textsOf((await get(code)).body, "dd")[0]).toBe(description);
    expect(textsOf((await get(sandbox.url)).body, "td")).toContain(description);
  });

  it("names the text that was signed as it is, with its &timestamp and &notify_url", async () => {
    const parameters = signedParameters(
      env,
      "alipay.trade.page.pay",
      { subject: `<b>"茶"</b> &times;` },
      { notify_url: NOTIFY },
    );
    const { sign: _sign, ...signed } = parameters;
    const query = new URLSearchParams({ ...signed, sign: "AAAA" });
    const { body } = await get(`${value(env, "ALIPAY_GATEWAY_URL")}?${query}`);
    expect(textsOf(body, "pre")).toEqual([joined(signed)]);
    expect(textsOf(body, "code")).toEqual(["isv.invalid-signature"]);
  });

  it.each([
    ["a subject", () => wap({ subject: HOSTILE.replaceAll("/", "").replaceAll("=", "") })],
    [
      "an address",
      () => wap({ quit_url: `https://shop.example/${HOSTILE}` }, { return_url: `https://shop.example/?a=${HOSTILE}` }),
    ],
    ["an address that is refused", () => wap({ quit_url: `javascript:${HOSTILE}` })],
    ["a product", () => wap({ product_code: HOSTILE })],
    ["a signature", () => `${wap({}).replace(/&sign=[^&]*/, "")}&sign=${encodeURIComponent(HOSTILE)}`],
  ])("never becomes markup: %s", async (_what, address) => {
    const { at, page } = await visit(address());
    const shown =
      page.status === 200 ? [page, (await submit(at, "拒绝支付")).page, (await submit(at, "确认支付")).page] : [page];
    for (const { body } of shown) {
      const elements = elementsOf(body);
      expect(elements.filter(({ name }) => name === "script" || name === "img")).toEqual([]);
      expect(
        elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => name.startsWith("on")),
      ).toEqual([]);
      expect(parseErrorsOf(body)).toEqual([]);
    }
  });

  it("runs nowhere, not even where the gateway answers a browser with JSON", async () => {
    const name = encodeURIComponent(HOSTILE);
    const { headers, body } = await get(`${wap({})}&${name}=1&${name}=2`);
    expect(JSON.parse(body).error_response.sub_msg).toBe(`参数重复：${HOSTILE}`);
    expect(headers["content-security-policy"]).toBe("default-src 'none'; sandbox");
  });
});
