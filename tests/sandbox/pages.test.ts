import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import * as alipay from "./alipay-client.ts";
import { type Control, controlOf } from "./control.ts";
import { send } from "./http.ts";
import { call, type Env, nativeOrder } from "./wechat-client.ts";

let sandbox: Sandbox;
let env: Env;
let control: Control;

beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
  env = sandbox.env;
  control = controlOf(sandbox.url);
});
afterAll(() => sandbox.close());

const wechatCode = async (no: string, description = "龙井茶") => {
  const order = { ...nativeOrder(env, no, "https://shop.example/n", 1234), description };
  return String((await call(env, "POST", "/v3/pay/transactions/native", order)).json().code_url);
};
const alipayCode = async (no: string) => {
  const order = { out_trade_no: no, total_amount: "12.34", subject: "龙井茶" };
  return (await alipay.ask(env, "alipay.trade.precreate", order)).qr_code ?? "";
};
const look = async (url: string) => (await send({ method: "GET", url })).body;
const press = async (url: string) => {
  const answer = await send({ method: "POST", url });
  return look(new URL(answer.headers.location ?? "", url).href);
};

describe.each([
  ["wechat", wechatCode],
  ["alipay", alipayCode],
] as const)("the phone page of %s", (provider, code) => {
  it("shows what is to be paid, and says that it is a simulation", async () => {
    const body = await look(await code(`${provider}_shown`));
    for (const text of ["龙井茶", "¥12.34", `${provider}_shown`, "确认支付", "拒绝支付", "模拟"])
      expect(body).toContain(text);
  });

  it("pays when the buyer confirms, once", async () => {
    const url = await code(`${provider}_confirmed`);
    expect(await press(`${url}/confirm`)).toContain("支付成功");
    expect(await press(`${url}/confirm`)).toContain("支付成功");
    expect(await control.trade(provider, `${provider}_confirmed`)).toMatchObject({ state: "paid", amount: 1234 });
    const expected = provider === "wechat" ? 1 : 0;
    expect(await control.deliveries(`${provider}_confirmed`)).toHaveLength(expected);
  });

  it("leaves the trade unpaid when the buyer refuses, who may think again", async () => {
    const url = await code(`${provider}_refused`);
    expect(await press(`${url}/refuse`)).toContain("已拒绝支付");
    expect(await control.trade(provider, `${provider}_refused`)).toMatchObject({ state: "open" });
    expect(await press(`${url}/confirm`)).toContain("支付成功");
  });

  it("refuses a lapsed code", async () => {
    const url = await code(`${provider}_lapsed`);
    await control.advance(7201);
    expect(await look(url)).toContain("二维码已过期");
    expect(await press(`${url}/confirm`)).toContain("二维码已过期");
    expect(await control.trade(provider, `${provider}_lapsed`)).toMatchObject({ paidAt: null });
  });

  it("knows nothing of a made-up code", async () => {
    const answer = await send({ method: "GET", url: `${sandbox.url}/${provider}/pay/nothing` });
    expect(answer.status).toBe(404);
  });
});

describe("pages", () => {
  it("say so when a trade is closed", async () => {
    const url = await wechatCode("order-closed");
    await call(env, "POST", "/v3/pay/transactions/out-trade-no/order-closed/close", { mchid: env.WECHAT_MCH_ID });
    expect(await press(`${url}/confirm`)).toContain("订单已关闭");
  });

  it("print a subject as text, never as markup, and load nothing from elsewhere", async () => {
    const answer = await send({ method: "GET", url: await wechatCode("order-escaped", '<script>alert("1")</script>') });
    expect(answer.body).toContain("&lt;script&gt;");
    expect(answer.body).not.toContain("<script");
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it("list the trades with their QR codes, and keep keys to themselves", async () => {
    const url = await wechatCode("order-listed");
    const body = await look(`${sandbox.url}/`);
    expect(body).toContain("order-listed");
    expect(body).toContain(new URL(url).pathname);
    expect(body).toContain("<svg");
    expect(body).toContain("WECHAT_API_V3_KEY=…");
    expect(body).not.toContain(env.WECHAT_API_V3_KEY);
    expect(body).not.toContain("PRIVATE KEY");
  });
});
