/** A second opinion on WeChat Pay's protocol: a published SDK verifies what we sign, and signs what we verify. */

import { beforeAll, describe, expect, test } from "vitest";
import { Aes, Formatter, Rsa } from "wechatpay-axios-plugin";
import packageJson from "../../../package.json" with { type: "json" };
import { USER_AGENT } from "../../../src/providers/exchange.ts";
import { WechatPayProvider } from "../../../src/providers/wechat/provider.ts";
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
  const draft = { ...REF, method: "WECHAT_NATIVE", subject: "新年礼盒 <A&B>" } as const;
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

  test("is understood", async () => {
    const nonce = Formatter.nonce(12);
    const body = JSON.stringify({
      id: "EV-1",
      event_type: "TRANSACTION.SUCCESS",
      resource: {
        algorithm: "AEAD_AES_256_GCM",
        nonce,
        associated_data: "transaction",
        ciphertext: Aes.AesGcm.encrypt(JSON.stringify(trade), API_V3_KEY, nonce, "transaction"),
      },
    });
    const { provider } = await providerAnswering(BODY);
    const callback = { headers: sdkSigned(body), body: new TextEncoder().encode(body) };
    expect(await provider.verifyCallback(callback, NOW)).toMatchObject({
      verified: true,
      event: { kind: "trade", outTradeNo: REF.outTradeNo, trade: { status: "paid", receipt: { amount: 10_050 } } },
    });
  });
});

test("the user agent names this version", () => {
  expect(USER_AGENT).toBe(`${packageJson.name}/${packageJson.version}`);
});
