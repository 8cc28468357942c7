/** The simulator's pages as documents: the ways that lead through them, on any width and without a mouse. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { elementsOf, parseErrorsOf, refreshOf, textsOf } from "../support/html.ts";
import { get, submit, visit } from "./alipay-browser.ts";
import { pageUrl } from "./alipay-client.ts";
import { type Control, controlOf } from "./control.ts";
import { send } from "./http.ts";
import { call, type Env, nativeOrder } from "./wechat-client.ts";
import { orderFor } from "./wechat-orders.ts";

const NOTIFY = "https://shop.example/n";

let sandbox: Sandbox;
let env: Env;
let control: Control;

beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
  env = sandbox.env;
  control = controlOf(sandbox.url);
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

describe("the way through the cashier", () => {
  it("is in its forms: refuse, go back, or pay and be sent to the shop, out of a frame too", async () => {
    const back = `https://shop.example/back?a='1'&notify_url=%22&times=1`;
    const { at } = await visit(wap({ quit_url: "https://shop.example/quit?a=1&copy=2" }, { return_url: back }));
    const refused = await submit(at, "拒绝支付");
    const quit = elementsOf(refused.page.body).find(({ name }) => name === "a");
    expect(quit).toMatchObject({
      text: "返回商户",
      attributes: { href: "https://shop.example/quit?a=1&copy=2", target: "_top" },
    });
    const paying = elementsOf(refused.page.body).find(({ name, text }) => name === "form" && text === "确认支付");
    expect(paying?.attributes.target).toBe("_top");
    const paid = await submit(refused.at, "确认支付");
    expect(textsOf(paid.page.body, "h1")).toEqual(["支付成功"]);
    const target = refreshOf(paid.page.body) ?? "";
    expect(elementsOf(paid.page.body).find(({ name }) => name === "a")?.attributes.href).toBe(target);
    const { searchParams } = new URL(target);
    expect([searchParams.get("a"), searchParams.get("notify_url"), searchParams.get("times")]).toEqual([
      "'1'",
      '"',
      "1",
    ]);
  });

  it("tells an order that is over from a code that is", async () => {
    const expiry = new Date(Date.parse((await control.clock()).now) + 600_000).toISOString().replace(/\.\d+Z$/, "Z");
    const order = orderFor(env, "h5", number(), { time_expire: expiry });
    const { h5_url } = (await call(env, "POST", "/v3/pay/transactions/h5", order)).json();
    const headers = { Referer: "https://shop.example/" };
    const entered = await send({ method: "GET", url: String(h5_url), headers });
    const cashier = new URL(entered.headers.location ?? "", sandbox.url).href;
    expect(textsOf((await get(cashier)).body, "button")).toEqual(["确认支付", "拒绝支付"]);
    await control.advance(700);
    expect(textsOf((await get(cashier)).body, "h1")).toEqual(["订单已过期"]);
    const code = await nativeCode("龙井茶");
    await control.advance(7201);
    expect(textsOf((await get(code)).body, "h1")).toEqual(["二维码已过期"]);
  });
});

describe("the payment code's page", () => {
  it("keeps what the buyer wished for", async () => {
    const { body } = await get(`${sandbox.url}/alipay/phone?password=1&failure=PAYMENT_FAIL`);
    const chosen = elementsOf(body).filter(({ attributes }) => "checked" in attributes || "selected" in attributes);
    expect(chosen.map(({ attributes }) => attributes.name ?? attributes.value)).toEqual(["password", "PAYMENT_FAIL"]);
  });
});

describe("every page", () => {
  const PAGES: readonly (readonly [string, () => string | Promise<string>])[] = [
    ["the front page", () => sandbox.url],
    ["a cashier", async () => (await visit(wap({}))).at],
    ["a refused cashier", async () => (await submit((await visit(wap({}))).at, "拒绝支付")).at],
    ["a paid cashier", async () => (await submit((await visit(wap({}))).at, "确认支付")).at],
    ["a scanned code", () => nativeCode("龙井茶")],
    ["an unknown cashier", () => `${sandbox.url}/alipay/pay/nothing`],
    ["a refusal", () => wap({ subject: "a&b" })],
    ["a wrong signature", () => wap({}).replace("88.80", "0.01")],
    ["an H5 page without a Referer", () => `${sandbox.url}/wechat/h5?prepay_id=wx1`],
    ["a transfer nobody knows", () => `${sandbox.url}/wechat/transfer?mchId=1`],
    ["the payment code", () => `${sandbox.url}/alipay/phone`],
  ];

  it.each(PAGES)(
    "is a whole document without scripts, fit for a phone and the keyboard: %s",
    async (_name, address) => {
      const { body, headers } = await get(await address());
      const elements = elementsOf(body);
      const named = (wanted: string) => elements.filter(({ name }) => name === wanted);
      expect(parseErrorsOf(body)).toEqual([]);
      expect(named("html").map(({ attributes }) => attributes.lang)).toEqual(["zh-CN"]);
      expect(textsOf(body, "title")).toEqual([expect.stringContaining("模拟")]);
      const viewport = named("meta").find(({ attributes }) => attributes.name === "viewport");
      expect(viewport?.attributes.content).toBe("width=device-width, initial-scale=1");
      expect(headers["content-security-policy"]).toMatch(
        /^default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'/,
      );
      for (const { name, attributes } of elements) {
        expect(["script", "iframe", "img", "link"]).not.toContain(name);
        expect(
          Object.keys(attributes).filter((key) => key.startsWith("on") || key === "tabindex" || key === "src"),
        ).toEqual([]);
      }
      // What is pressed is a button of a form or a link with an address, so that Tab gets there and Enter works.
      expect(named("form").flatMap(({ within }) => within.filter(({ name }) => name === "button"))).toHaveLength(
        named("button").length,
      );
      expect(named("a").filter(({ attributes }) => !attributes.href)).toEqual([]);
      // Whatever is filled in stands within its label.
      const labelled = named("label").flatMap(({ within }) =>
        within.filter(({ name }) => /^(?:input|select)$/.test(name)),
      );
      expect(labelled).toHaveLength(named("input").length + named("select").length);
    },
  );
});
