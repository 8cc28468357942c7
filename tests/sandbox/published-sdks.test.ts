/** The published client libraries talk to the simulator and are content with its answers. */
import { createPublicKey } from "node:crypto";
import { AlipaySdk } from "alipay-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Wechatpay } from "wechatpay-axios-plugin";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { type Control, controlOf } from "./control.ts";
import { type Sent, send } from "./http.ts";
import { nativeOrder, value } from "./wechat-client.ts";

interface AlipaySettings {
  readonly alipay: { readonly certificateEnv: Record<string, string>; readonly encryptionEnv: Record<string, string> };
}

/** What a browser sends when a form of hidden fields is submitted. */
function submitted(html: string): Sent {
  const unescaped = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const url = unescaped(/action="([^"]+)"/.exec(html)?.[1] ?? "");
  const fields = [...html.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)];
  const pairs = fields.map(([, name = "", value = ""]): [string, string] => [name, unescaped(value)]);
  return { method: "POST", url, body: new URLSearchParams(pairs).toString() };
}

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
  const plain = () =>
    ({
      appId: env("ALIPAY_APP_ID"),
      privateKey: bare("ALIPAY_PRIVATE_KEY"),
      keyType: "PKCS8",
      alipayPublicKey: bare("ALIPAY_PUBLIC_KEY"),
      gateway: env("ALIPAY_GATEWAY_URL"),
    }) as const;
  const client = () => new AlipaySdk(plain());

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

  it("opens pages by address and by form, and gets a signed return address", async () => {
    const bizContent = (no: string) => ({
      out_trade_no: no,
      total_amount: "2.00",
      subject: "龙井茶 '明前' <250 克>",
      product_code: "FAST_INSTANT_TRADE_PAY",
    });
    const params = (no: string) => ({ returnUrl: "https://shop.example/back", bizContent: bizContent(no) });
    const url = client().pageExecute("alipay.trade.page.pay", "GET", params("t_sdk_url"));
    const opened = await send({ method: "GET", url });
    expect(opened.headers.location).toContain("/alipay/pay/");
    const html = client().pageExecute("alipay.trade.page.pay", "POST", params("t_sdk_form"));
    expect((await send(submitted(html))).headers.location).toContain("/alipay/pay/");
    await control.post("/trades/alipay/t_sdk_url/pay");
    const { body } = await send({ method: "GET", url: opened.headers.location ?? "" });
    const back = new URL(/content="2;url=([^"]+)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "");
    expect(client().checkNotifySignV2(Object.fromEntries(back.searchParams))).toBe(true);
  });

  it("makes order strings for the mobile SDK", async () => {
    const order = { out_trade_no: "t_sdk_app", total_amount: "2.00", subject: "龙井茶 +1" };
    const orderString = client().sdkExecute("alipay.trade.app.pay", { bizContent: order });
    await control.post("/alipay/app-pay", { orderString });
    await control.post("/trades/alipay/t_sdk_app/pay");
    const named = { bizContent: { out_trade_no: "t_sdk_app" } };
    expect(await client().exec("alipay.trade.query", named)).toMatchObject({ tradeStatus: "TRADE_SUCCESS" });
  });

  it("encrypts its calls and reads encrypted answers", async () => {
    const { alipay } = (await control.get("/settings")) as AlipaySettings;
    await control.post("/alipay/application", { encryption: true });
    const encrypting = new AlipaySdk({ ...plain(), encryptKey: alipay.encryptionEnv.ALIPAY_ENCRYPT_KEY ?? "" });
    const bizContent = { out_trade_no: "t_sdk_aes", total_amount: "2.00", subject: "龙井茶" };
    expect(await encrypting.exec("alipay.trade.precreate", { bizContent, needEncrypt: true })).toMatchObject({
      code: "10000",
      outTradeNo: "t_sdk_aes",
    });
    await control.post("/alipay/application", { encryption: false });
  });

  it("works with certificates, and verifies with theirs", async () => {
    const { alipay } = (await control.get("/settings")) as AlipaySettings;
    const { ALIPAY_APP_CERT = "", ALIPAY_ROOT_CERT = "", ALIPAY_PUBLIC_CERT = "" } = alipay.certificateEnv;
    const { alipayPublicKey: _, ...keys } = plain();
    const certified = new AlipaySdk({
      ...keys,
      appCertContent: ALIPAY_APP_CERT,
      alipayRootCertContent: ALIPAY_ROOT_CERT,
      alipayPublicCertContent: ALIPAY_PUBLIC_CERT,
    });
    await control.post("/alipay/application", { mode: "certificate" });
    const bizContent = { out_trade_no: "t_sdk_cert", total_amount: "2.00", subject: "龙井茶" };
    const params = { notifyUrl: "https://shop.example/a", bizContent };
    expect(await certified.exec("alipay.trade.precreate", params, { validateSign: true })).toMatchObject({
      code: "10000",
    });
    await control.post("/trades/alipay/t_sdk_cert/pay");
    const [taken] = await control.take({ outTradeNo: "t_sdk_cert" });
    const form = new URLSearchParams(Buffer.from(taken?.body ?? "", "base64").toString("utf8"));
    expect(certified.checkNotifySignV2(Object.fromEntries(form))).toBe(true);
    expect(client().checkNotifySignV2(Object.fromEntries(form))).toBe(false);
    await control.post("/alipay/application", { mode: "public_key" });
  });
});
