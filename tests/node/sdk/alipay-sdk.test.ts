/**
 * A second opinion on Alipay's protocol: the official SDK verifies what we sign, and what it signs and verifies,
 * we verify too. It stamps local time where Alipay wants GMT+8, so the tests stand in that zone.
 */
import { createSign, createVerify } from "node:crypto";
import { AlipaySdk } from "alipay-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AlipayPayProvider } from "../../../src/providers/alipay/provider.ts";
import { requestContent } from "../../../src/providers/alipay/signature.ts";
import {
  ALIPAY_APP_ID,
  alipayConfig,
  alipayProvider,
  nodeReply,
  noticeBody,
  PAYMENT_NOTICE,
  success,
} from "../../unit/providers/support/alipay.ts";
import { attempt, call, NOW } from "../../unit/providers/support/calls.ts";
import { base64, type TestKeyPair, testKeys } from "../../unit/providers/support/keys.ts";

const REF = attempt("ALIPAY_QR");
const zone = process.env.TZ;

let merchant: TestKeyPair;
let platform: TestKeyPair;
let sdk: AlipaySdk;
beforeAll(async () => {
  process.env.TZ = "Asia/Shanghai";
  ({ merchant, platform } = await testKeys());
  sdk = new AlipaySdk({
    appId: ALIPAY_APP_ID,
    keyType: "PKCS8",
    privateKey: base64(merchant.pkcs8),
    alipayPublicKey: base64(platform.spki),
  });
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test("the text we sign is the text that the SDK signs", () => {
  const order = sdk.sdkExecute("alipay.trade.app.pay", {
    notifyUrl: "https://pay.example.com/notify",
    bizContent: { out_trade_no: "T1", subject: '测试 A+B & "C"', total_amount: "0.01" },
  });
  const { sign, ...parameters } = Object.fromEntries(new URLSearchParams(order));
  const signer = createSign("RSA-SHA256").update(requestContent(parameters));
  expect(signer.sign(merchant.privatePem, "base64")).toBe(sign);
});

test("our time stamp is the SDK's", async () => {
  const { provider, sent } = await alipayProvider(() => nodeReply("alipay.trade.query", success({})));
  await provider.query(REF, call({ now: Date.now }));
  const ours = sent[0]?.url.searchParams.get("timestamp") ?? "";
  const order = new URLSearchParams(sdk.sdkExecute("alipay.trade.app.pay", { bizContent: {} }));
  const apart = Date.parse(`${order.get("timestamp")}+08:00`) - Date.parse(`${ours}+08:00`);
  expect(Math.abs(apart)).toBeLessThanOrEqual(2000);
});

test("what we send carries a signature that verifies on the other side", async () => {
  const { provider, sent } = await alipayProvider(() => nodeReply("alipay.trade.precreate", success({})));
  const draft = { ...REF, details: { method: "ALIPAY_QR" }, subject: "新年 A+B 50%" } as const;
  await provider.create({ ...REF, request: provider.prepare(draft) }, call());
  const [request] = sent;
  if (!request) throw new Error("nothing was sent");
  const { sign = "", ...query } = Object.fromEntries(request.url.searchParams);
  const parameters = { ...query, ...Object.fromEntries(new URLSearchParams(request.body)) };
  // Seen from Alipay: the SDK, given our public key, checks parameters the way it checks a notice that has sign_type.
  const gateway = new AlipaySdk({
    appId: ALIPAY_APP_ID,
    keyType: "PKCS8",
    privateKey: base64(platform.pkcs8),
    alipayPublicKey: base64(merchant.spki),
  });
  expect(gateway.checkNotifySign({ ...parameters, sign }, true)).toBe(true);
  expect(gateway.checkNotifySign({ ...parameters, timestamp: "2026-11-22 10:00:01", sign }, true)).toBe(false);
});

test("a reply is cut out where the SDK cuts it out", async () => {
  const node = success({ out_trade_no: REF.outTradeNo, qr_code: "https://qr.alipay.com/bax{1}" });
  const raw = await (await nodeReply("alipay.trade.precreate", node)).text();
  const { sign } = JSON.parse(raw);
  const text = sdk.getSignStr(raw, "alipay_trade_precreate_response");
  expect(createVerify("RSA-SHA256").update(text).verify(platform.publicPem, sign, "base64")).toBe(true);
  const { provider } = await alipayProvider(() => new Response(raw));
  expect(await provider.create(REF, call())).toMatchObject({ kind: "ok" });
});

test.each([
  ["as payments are", {}],
  ["with sign_type, as other messages are", { signType: true }],
])("a notice signed %s is accepted by both, and altered by neither", async (_, form) => {
  const provider = new AlipayPayProvider(await alipayConfig(), { fetch: () => Promise.reject(new Error()) });
  const body = await noticeBody(PAYMENT_NOTICE, form);
  const fields = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));
  expect(sdk.checkNotifySignV2(fields)).toBe(true);
  expect(await provider.verifyCallback({ headers: new Headers(), body }, NOW)).toMatchObject({ verified: true });

  const altered = new URLSearchParams({ ...fields, total_amount: "0.01" });
  expect(sdk.checkNotifySignV2(Object.fromEntries(altered))).toBe(false);
  const changed = new TextEncoder().encode(altered.toString());
  const verdict = await provider.verifyCallback({ headers: new Headers(), body: changed }, NOW);
  expect(verdict).toMatchObject({ verified: false, reason: "bad_signature" });
});

test("a notice that the SDK itself has signed, with Alipay's key, is accepted, and refused once a byte is changed", async () => {
  const provider = new AlipayPayProvider(await alipayConfig(), { fetch: () => Promise.reject(new Error()) });
  const gateway = new AlipaySdk({ appId: ALIPAY_APP_ID, keyType: "PKCS8", privateKey: base64(platform.pkcs8) });
  const { app_id: _set, ...notice } = PAYMENT_NOTICE;
  const body = gateway.sdkExecute("trade_status_sync", notice);
  const headers = new Headers({ "Content-Type": "application/x-www-form-urlencoded; text/html; charset=utf-8" });
  const verdict = await provider.verifyCallback({ headers, body: new TextEncoder().encode(body) }, NOW);
  expect(verdict).toMatchObject({
    verified: true,
    event: { kind: "trade", outTradeNo: notice.out_trade_no, trade: { status: "paid", receipt: { amount: 10050 } } },
  });
  const changed = new TextEncoder().encode(body.replace("total_amount=100.50", "total_amount=100.51"));
  expect(await provider.verifyCallback({ headers, body: changed }, NOW)).toMatchObject({ verified: false });
});
