/** What browsers and applications bring back, and notices whose fields could be read in two ways. */
import { beforeAll, describe, expect, test } from "vitest";
import type { AlipayClient } from "../../../../src/providers/alipay/client.ts";
import { ALIPAY_APP_ID, noticeBody, PAYMENT_NOTICE } from "../support/alipay.ts";
import { scriptedClient } from "../support/alipay-client.ts";
import { NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";
import { broken } from "../support/wechat-client.ts";

let client: AlipayClient;
beforeAll(async () => {
  ({ client } = await scriptedClient(broken));
});

describe("a return_url", () => {
  const FIELDS = {
    app_id: ALIPAY_APP_ID,
    auth_app_id: ALIPAY_APP_ID,
    charset: "utf-8",
    method: "alipay.trade.page.pay.return",
    out_trade_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
    seller_id: "2088000000000001",
    timestamp: "2026-11-22 10:01:00",
    total_amount: "100.50",
    trade_no: "2026112222001400000000000001",
    version: "1.0",
  };
  const signed = async () => new TextDecoder().decode(await noticeBody(FIELDS));
  const verify = async (change: (query: string) => string) => client.verifyReturn(change(await signed()), NOW);

  test.each([
    ["by itself", (query: string) => query],
    ["behind a question mark", (query: string) => `?${query}`],
    ["as an address", (query: string) => `https://shop.test/paid?${query}#top`],
    [
      "behind parameters of the shop's",
      (query: string) => `https://shop.test/paid?order=1&debug&a=%zz&order=2&${query}`,
    ],
    ["with a certificate's SN, which is not signed", (query: string) => `${query}&alipay_cert_sn=${"0".repeat(32)}`],
  ])("%s verifies", async (_, change) => {
    const result = await verify(change);
    if (!result.verified) throw new Error(result.detail);
    expect(Object.fromEntries(result.fields)).toMatchObject(FIELDS);
    expect(result.fields.has("order")).toBe(false);
  });

  test("may have signed parameters that are new", async () => {
    const query = new TextDecoder().decode(await noticeBody({ ...FIELDS, buyer_id: "2088" }));
    expect(await client.verifyReturn(query, NOW)).toMatchObject({ verified: true });
  });

  test.each([
    ["with another amount", (query: string) => query.replace("100.50", "100.51"), "bad_signature"],
    ["with an amount twice", (query: string) => `total_amount=0.01&${query}`, "malformed"],
    ["of another type", (query: string) => query.replace("sign_type=RSA2", "sign_type=RSA"), "bad_signature"],
    ["without a signature", (query: string) => query.replace(/&sign=[^&]*/, ""), "missing_signature"],
    ["without anything", () => "", "missing_signature"],
    ["with a field inside of another", (query: string) => query.replace(/&trade_no=/, "%26trade_no%3D"), "malformed"],
  ])("%s does not", async (_, change, reason) => {
    expect(await verify(change)).toMatchObject({ verified: false, reason });
  });
});

describe("an application's result", () => {
  const node = `{"code":"10000","msg":"Success","app_id":"${ALIPAY_APP_ID}","total_amount":"0.01","out_trade_no":"1","url":"https:\\/\\/x"}`;
  const sign = async () => (await testKeys()).platform.sign(node);
  const result = async () => `{"alipay_trade_app_pay_response":${node},"sign":"${await sign()}","sign_type":"RSA2"}`;
  const verify = async (wrap: (text: string) => string) => client.verifyAppResult(wrap(await result()), NOW);

  test.each([
    ["all of it, as JSON", (text: string) => JSON.stringify({ memo: "", resultStatus: "9000", result: text }), "9000"],
    ["with a number as its status", (text: string) => JSON.stringify({ resultStatus: 8000, result: text }), "8000"],
    ["its member result alone", (text: string) => text, undefined],
    ["as older SDKs print it", (text: string) => `resultStatus={9000};memo={};result={${text}}`, "9000"],
  ])("%s", async (_, wrap, resultStatus) => {
    expect(await verify(wrap)).toEqual({ verified: true, resultStatus, node: JSON.parse(node) });
  });

  test.each([
    ["altered", (text: string) => text.replace("0.01", "0.02"), "bad_signature"],
    ["unsigned", (text: string) => text.replace(/,"sign":"[^"]*"/, ""), "missing_signature"],
    ["with two nodes", (text: string) => text.replace("{", '{"alipay_trade_app_pay_response":{},'), "malformed"],
    [
      "given up by the buyer",
      () => JSON.stringify({ memo: "用户取消", resultStatus: "6001", result: "" }),
      "malformed",
    ],
    ["nothing", () => "", "malformed"],
  ])("%s does not verify", async (_, wrap, reason) => {
    expect(await verify(wrap)).toMatchObject({ verified: false, reason });
  });
});

describe("what a shop wrote itself", () => {
  test("may look like fields that stand before it, and is read as it was written", async () => {
    const passback_params = "a=1&amount=2&out_trade_no=3";
    const verdict = await client.verifyNotice(await noticeBody({ ...PAYMENT_NOTICE, passback_params }), NOW);
    if (!verdict.verified) throw new Error(verdict.detail);
    expect(verdict.fields.get("passback_params")).toBe(passback_params);
    expect(verdict.fields.get("out_trade_no")).toBe(PAYMENT_NOTICE.out_trade_no);
  });

  test("may not look like one that would be signed behind it", async () => {
    const body = await noticeBody({ ...PAYMENT_NOTICE, passback_params: "a=1&trade_status=TRADE_CLOSED" });
    expect(await client.verifyNotice(body, NOW)).toMatchObject({ verified: false, reason: "malformed" });
  });
});
