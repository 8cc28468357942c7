/** The published client libraries talk to the simulator and are content with its answers. */
import { createPublicKey } from "node:crypto";
import { AlipaySdk } from "alipay-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Wechatpay } from "wechatpay-axios-plugin";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { type Control, controlOf } from "./control.ts";
import { nativeOrder, value } from "./wechat-client.ts";

let sandbox: Sandbox;
let control: Control;
const env = (name: string) => value(sandbox.env, name);
const zone = process.env.TZ;

beforeAll(async () => {
  // alipay-sdk stamps its requests with the machine's local time.
  process.env.TZ = "Asia/Shanghai";
  sandbox = await startSandbox({ notify: "pull" });
  control = controlOf(sandbox.url);
});
afterAll(async () => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  await sandbox.close();
});

describe("wechatpay-axios-plugin", () => {
  const client = () =>
    new Wechatpay({
      mchid: env("WECHAT_MCH_ID"),
      serial: env("WECHAT_API_SERIAL_NO"),
      privateKey: env("WECHAT_API_CLIENT_KEY"),
      certs: { [env("WECHAT_PUBLIC_KEY_ID")]: createPublicKey(env("WECHAT_PUBLIC_KEY")) },
      baseURL: sandbox.url,
      headers: { "Wechatpay-Serial": env("WECHAT_PUBLIC_KEY_ID") },
    });

  it("creates, queries and closes, and verifies every answer", async () => {
    const order = nativeOrder(sandbox.env, "order-sdk", "https://shop.example/n");
    const created = await client().chain("v3/pay/transactions/native").post(order);
    expect(created.data).toMatchObject({ code_url: expect.stringContaining("/wechat/pay/") });
    const params = { mchid: env("WECHAT_MCH_ID") };
    const chain = "v3/pay/transactions/out-trade-no/order-sdk";
    expect((await client().chain(chain).get({ params })).data.trade_state).toBe("NOTPAY");
    expect((await client().chain(`${chain}/close`).post(params)).status).toBe(204);
  });

  it("notices a spoilt signature", async () => {
    await control.fault({ kind: "bad_signature", provider: "wechat" });
    const order = nativeOrder(sandbox.env, "order-spoilt", "https://shop.example/n");
    await expect(client().chain("v3/pay/transactions/native").post(order)).rejects.toThrow();
  });
});

describe("alipay-sdk", () => {
  const bare = (name: string) => env(name).replace(/-----[^-]+-----|\s/g, "");
  const client = () =>
    new AlipaySdk({
      appId: env("ALIPAY_APP_ID"),
      privateKey: bare("ALIPAY_PRIVATE_KEY"),
      keyType: "PKCS8",
      alipayPublicKey: bare("ALIPAY_PUBLIC_KEY"),
      gateway: env("ALIPAY_GATEWAY_URL"),
    });

  it("creates, queries and refunds, verifies every answer, and verifies the notice", async () => {
    const validateSign = { validateSign: true };
    const order = { out_trade_no: "t_sdk", total_amount: "2.00", subject: "龙井茶" };
    const notifyUrl = "https://shop.example/a";
    const created = await client().exec("alipay.trade.precreate", { notifyUrl, bizContent: order }, validateSign);
    expect(created).toMatchObject({ code: "10000", qrCode: expect.stringContaining("/alipay/pay/") });
    await control.post("/trades/alipay/t_sdk/pay");
    const named = { bizContent: { out_trade_no: "t_sdk" } };
    expect(await client().exec("alipay.trade.query", named, validateSign)).toMatchObject({
      tradeStatus: "TRADE_SUCCESS",
    });
    const refund = { bizContent: { out_trade_no: "t_sdk", out_request_no: "r1", refund_amount: "0.50" } };
    expect(await client().exec("alipay.trade.refund", refund, validateSign)).toMatchObject({ fundChange: "Y" });
    const notices = await control.take({ outTradeNo: "t_sdk" });
    const forms = notices.map((taken) => new URLSearchParams(Buffer.from(taken.body, "base64").toString("utf8")));
    expect(forms.map((form) => client().checkNotifySignV2(Object.fromEntries(form)))).toEqual([true, true]);
  });
});
