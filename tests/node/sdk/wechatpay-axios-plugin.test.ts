/** A second opinion on WeChat Pay's protocol: a published SDK verifies what we sign, and signs what we verify. */

import { beforeAll, describe, expect, test } from "vitest";
import { Aes, Formatter, Hash, Rsa, Transformer } from "wechatpay-axios-plugin";
import packageJson from "../../../package.json" with { type: "json" };
import type { PaymentDetails } from "../../../src/providers/details.ts";
import { USER_AGENT } from "../../../src/providers/exchange.ts";
import { WechatPayProvider } from "../../../src/providers/wechat/provider.ts";
import { WechatPay } from "../../../src/providers/wechat/wechat-pay.ts";
import { attempt, call, NOW, recordingFetch } from "../../unit/providers/support/calls.ts";
import { type TestKeyPair, testKeys } from "../../unit/providers/support/keys.ts";
import { API_V3_KEY, APP_ID, MCH_ID, PUBLIC_KEY_ID, wechatConfig } from "../../unit/providers/support/wechat.ts";

const REF = attempt("WECHAT_NATIVE");
const BODY = JSON.stringify({ code_url: "weixin://wxpay/bizpayurl?pr=中道" });

let merchant: TestKeyPair;
let platform: TestKeyPair;
beforeAll(async () => {
  ({ merchant, platform } = await testKeys());
});

/** Headers signed by the SDK. */
function sdkSigned(body: string): Headers {
  const nonce = Formatter.nonce();
  const timestamp = String(NOW / 1000);
  return new Headers({
    "Wechatpay-Serial": PUBLIC_KEY_ID,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Signature": Rsa.sign(Formatter.response(timestamp, nonce, body), platform.privatePem),
  });
}

async function providerAnswering(body: string) {
  const { fetch, sent } = recordingFetch(() => new Response(body, { headers: sdkSigned(body) }));
  return { provider: new WechatPayProvider(await wechatConfig(), { fetch }), sent };
}

test("the SDK verifies our Authorization, with and without a body", async () => {
  const { provider, sent } = await providerAnswering(BODY);
  const draft = { ...REF, details: { method: "WECHAT_NATIVE" }, subject: "新年礼盒 <A&B>" } as const;
  await provider.create({ ...REF, request: provider.prepare(draft) }, call());
  await provider.query(REF, call());
  expect(sent).toHaveLength(2);
  for (const { method, url, headers, body } of sent) {
    const header = headers.get("Authorization") ?? "";
    const member = (name: string) => new RegExp(`${name}="([^"]+)"`).exec(header)?.[1] ?? "";
    const message = Formatter.request(
      method,
      url.pathname + url.search,
      member("timestamp"),
      member("nonce_str"),
      body,
    );
    expect(Rsa.verify(message, member("signature"), merchant.publicPem)).toBe(true);
  }
});

test("a reply that the SDK signed counts", async () => {
  const { provider } = await providerAnswering(BODY);
  expect(await provider.create(REF, call())).toMatchObject({ kind: "ok", value: { status: "pending" } });
});

describe("a callback that the SDK encrypted and signed", () => {
  const trade = {
    appid: APP_ID,
    mchid: MCH_ID,
    out_trade_no: REF.outTradeNo,
    transaction_id: "4200002026112200001",
    trade_state: "SUCCESS",
    success_time: "2026-11-22T10:00:01+08:00",
    amount: { total: 10_050, currency: "CNY" },
  };

  async function receive(content: object) {
    const nonce = Formatter.nonce(12);
    const body = JSON.stringify({
      id: "EV-1",
      event_type: "TRANSACTION.SUCCESS",
      resource: {
        algorithm: "AEAD_AES_256_GCM",
        nonce,
        associated_data: "transaction",
        ciphertext: Aes.AesGcm.encrypt(JSON.stringify(content), API_V3_KEY, nonce, "transaction"),
      },
    });
    const { provider } = await providerAnswering(BODY);
    return provider.verifyCallback({ headers: sdkSigned(body), body: new TextEncoder().encode(body) }, NOW);
  }

  test("is understood", async () => {
    expect(await receive(trade)).toMatchObject({
      verified: true,
      event: { kind: "trade", outTradeNo: REF.outTradeNo, trade: { status: "paid", receipt: { amount: 10_050 } } },
    });
  });

  test("is understood for a combined payment too", async () => {
    const { appid, amount, ...order } = trade;
    const combined = {
      combine_appid: appid,
      combine_mchid: MCH_ID,
      combine_out_trade_no: "COMBINED-1",
      sub_orders: [{ ...order, amount: { total_amount: amount.total, currency: "CNY" } }],
    };
    expect(await receive(combined)).toMatchObject({
      verified: true,
      event: {
        kind: "combined",
        combineOutTradeNo: "COMBINED-1",
        trades: [{ outTradeNo: REF.outTradeNo, trade: { status: "paid", receipt: { amount: 10_050 } } }],
      },
    });
  });
});

describe("what clients are handed to pay with carries a signature that the SDK verifies", () => {
  const prepayId = "wx201410272009395522657a690389285100";

  async function invocation(details: PaymentDetails) {
    const { provider } = await providerAnswering(JSON.stringify({ prepay_id: prepayId }));
    const request = provider.prepare({ ...REF, details, subject: "新年礼盒" });
    const outcome = await provider.create({ ...REF, method: details.method, request }, call());
    if (outcome.kind !== "ok") throw new Error(outcome.message);
    const { credential } = outcome.value;
    return "invoke" in credential ? credential.invoke : undefined;
  }

  test.each(["WECHAT_JSAPI", "WECHAT_MINI"] as const)("%s", async (method) => {
    const invoke = await invocation({ method, openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" });
    if (!invoke || !("paySign" in invoke)) throw new Error("no invocation");
    const { timeStamp, nonceStr, package: packed, paySign } = invoke;
    expect(packed).toBe(`prepay_id=${prepayId}`);
    const message = Formatter.joinedByLineFeed(APP_ID, timeStamp, nonceStr, packed);
    expect(Rsa.verify(message, paySign, merchant.publicPem)).toBe(true);
  });

  test("WECHAT_APP", async () => {
    const invoke = await invocation({ method: "WECHAT_APP" });
    if (!invoke || !("sign" in invoke)) throw new Error("no invocation");
    const message = Formatter.joinedByLineFeed(invoke.appid, invoke.timestamp, invoke.noncestr, invoke.prepayid);
    expect(Rsa.verify(message, invoke.sign, merchant.publicPem)).toBe(true);
  });
});

test("fields go through the SDK's encryption, both ways", async () => {
  const wechat = new WechatPay(await wechatConfig(), { fetch: () => Promise.reject(new Error("no network")) });
  const sealed = await wechat.encryptField("张三丰");
  if (sealed.kind !== "ok") throw new Error(sealed.message);
  expect(Rsa.decrypt(sealed.value.ciphertext, platform.privatePem)).toBe("张三丰");
  expect(await wechat.decryptField(Rsa.encrypt("李四", merchant.publicPem))).toBe("李四");
});

test("a V2 refund notice that the SDK encrypted and wrote as XML is a hint", async () => {
  const refund = {
    out_refund_no: "R1",
    out_trade_no: REF.outTradeNo,
    refund_id: "50000408942018111907145868882",
    refund_status: "SUCCESS",
    refund_recv_accout: "支付用户<零钱>",
  };
  const v2Key = "abcdefghijklmnopqrstuvwxyz012345";
  const plaintext = Transformer.toXml(refund)
    .replace(/^<xml>/, "<root>")
    .replace(/<\/xml>$/, "</root>");
  const req_info = Aes.AesEcb.encrypt(plaintext, Hash.md5(v2Key));
  const body = Transformer.toXml({ return_code: "SUCCESS", appid: APP_ID, mch_id: MCH_ID, nonce_str: "1", req_info });
  const provider = new WechatPayProvider(await wechatConfig({ v2Key }), { fetch: () => Promise.reject(new Error()) });
  const callback = { headers: new Headers(), body: new TextEncoder().encode(body) };
  expect(await provider.verifyCallback(callback, NOW)).toMatchObject({
    verified: true,
    event: { kind: "refund_hint", outTradeNo: REF.outTradeNo, outRefundNo: "R1" },
  });
});

test("the user agent names this version", () => {
  expect(USER_AGENT).toBe(`${packageJson.name}/${packageJson.version}`);
});
