/** The cashiers that browsers open: web and mobile web. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { refreshOf } from "../support/html.ts";
import { get, press, visit } from "./alipay-browser.ts";
import { ask, noticeFields, pageUrl } from "./alipay-client.ts";
import { type Control, controlOf } from "./control.ts";
import { send } from "./http.ts";
import type { Env } from "./wechat-client.ts";

const URLS = { notify_url: "https://shop.example/n", return_url: "https://shop.example/back?order=1%202" };
let sandbox: Sandbox;
let env: Env;
let control: Control;

beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
  env = sandbox.env;
  control = controlOf(sandbox.url);
});
afterAll(() => sandbox.close());

const webOrder = (no: string, more: object = {}) => ({
  out_trade_no: no,
  total_amount: "88.80",
  subject: '龙井茶 "明前" <250 克> 100% 😀',
  product_code: "FAST_INSTANT_TRADE_PAY",
  ...more,
});
const wapOrder = (no: string, more: object = {}) =>
  webOrder(no, { product_code: "QUICK_WAP_WAY", quit_url: "https://shop.example/quit", ...more });
const web = (no: string, more?: object) => pageUrl(env, "alipay.trade.page.pay", webOrder(no, more), URLS);
const wap = (no: string, more?: object) => pageUrl(env, "alipay.trade.wap.pay", wapOrder(no, more), URLS);
const query = (no: string) => ask(env, "alipay.trade.query", { out_trade_no: no });

describe.each([
  ["page", web],
  ["wap", wap],
] as const)("alipay.trade.%s.pay", (name, order) => {
  it("leads a browser to the cashier; paid, it comes back with signed parameters that don't say so", async () => {
    const no = `t_${name}_paid`;
    const url = order(no);
    expect(await query(no)).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
    const { at, page } = await visit(url);
    expect(page.body).toContain("龙井茶 &quot;明前&quot; &lt;250 克&gt; 100% 😀");
    expect(await query(no)).toMatchObject({ trade_status: "WAIT_BUYER_PAY" });
    const done = await press(at, "confirm");
    const back = new URL(refreshOf(done.page.body) ?? "");
    expect(back.origin + back.pathname).toBe("https://shop.example/back");
    expect(back.searchParams.get("order")).toBe("1 2");
    back.searchParams.delete("order");
    expect(noticeFields(env, back.searchParams.toString())).toEqual({
      charset: "utf-8",
      out_trade_no: no,
      method: `alipay.trade.${name}.pay.return`,
      total_amount: "88.80",
      trade_no: (await query(no)).trade_no,
      auth_app_id: env.ALIPAY_APP_ID,
      version: "1.0",
      app_id: env.ALIPAY_APP_ID,
      seller_id: expect.stringMatching(/^2088\d{12}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    expect(await query(no)).toMatchObject({ trade_status: "TRADE_SUCCESS" });
  });

  it("takes the form that a browser submits, parameters in the address and in the body", async () => {
    const [body, rest] = [new URLSearchParams(), new URLSearchParams(new URL(order(`t_${name}_form`)).search)];
    body.set("biz_content", rest.get("biz_content") ?? "");
    rest.delete("biz_content");
    const answer = await send({ method: "POST", url: `${env.ALIPAY_GATEWAY_URL}?${rest}`, body: body.toString() });
    expect([answer.status, answer.headers.location]).toEqual([302, expect.stringContaining("/alipay/pay/")]);
  });

  it("lets a buyer refuse, and think again", async () => {
    const { at } = await visit(order(`t_${name}_refused`));
    const refused = await press(at, "refuse");
    expect(refused.page.body).toContain("已拒绝支付");
    expect(refreshOf(refused.page.body)).toBeUndefined();
    expect((await press(refused.at, "confirm")).page.body).toContain("支付成功");
  });

  it("shows the buyer what is wrong, and records nothing", async () => {
    const refused: [object, string][] = [
      [{ product_code: "FACE_TO_FACE_PAYMENT" }, "product_code"],
      [{ subject: "a&b" }, "subject"],
      [{ time_expire: "2020-01-01 00:00:00" }, "NOW_TIME_AFTER_EXPIRE_TIME_ERROR"],
      [{ seller_id: "2088999999999999" }, "INVALID_RECEIVE_ACCOUNT"],
      [{ enable_pay_channels: "balance", disable_pay_channels: "pcredit" }, "enable_pay_channels"],
      [{ discountable_amount: "1.00", undiscountable_amount: "1.00" }, "discountable_amount"],
    ];
    for (const [more, named] of refused) {
      const page = await get(order(`t_${name}_wrong`, more));
      expect([page.status, page.body]).toEqual([400, expect.stringContaining(named)]);
    }
    const forged = await get(order(`t_${name}_wrong`).replace("88.80", "0.01"));
    expect([forged.status, forged.body]).toEqual([400, expect.stringContaining("isv.invalid-signature")]);
    await expect(control.trade("alipay", `t_${name}_wrong`)).rejects.toThrow("404");
  });

  it("opens again for the same order signed anew, not for another one or once paid", async () => {
    const no = `t_${name}_again`;
    await visit(order(no));
    expect((await visit(order(no))).page.status).toBe(200);
    expect((await get(order(no, { total_amount: "0.01" }))).body).toContain("CONTEXT_INCONSISTENT");
    await control.post(`/trades/alipay/${no}/pay`);
    expect((await get(order(no))).body).toContain("TRADE_HAS_SUCCESS");
  });
});

describe("the cashier of a mobile browser", () => {
  it("counts timeout_express from its opening, and leads who gives up to quit_url", async () => {
    await get(wap("t_wap_late", { timeout_express: "5m" }));
    await control.advance(600);
    const { at } = await visit(wap("t_wap_late", { timeout_express: "5m" }));
    expect((await press(at, "refuse")).page.body).toContain('href="https://shop.example/quit"');
    await control.advance(299);
    expect(await query("t_wap_late")).toMatchObject({ trade_status: "WAIT_BUYER_PAY" });
    await control.advance(2);
    expect(await query("t_wap_late")).toMatchObject({ trade_status: "TRADE_CLOSED" });
  });

  it("wants five minutes at least, and a quit_url", async () => {
    expect((await get(wap("t_wap_short", { timeout_express: "4m" }))).body).toContain("timeout_express");
    expect((await get(wap("t_wap_quit", { quit_url: undefined }))).body).toContain("quit_url");
    expect((await get(wap("t_wap_quit", { quit_url: "javascript:alert(1)" }))).body).toContain("quit_url");
  });
});
