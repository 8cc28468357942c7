import { beforeAll, describe, expect, test } from "vitest";
import { Alipay } from "../../../../src/providers/alipay/alipay.ts";
import { ALIPAY_APP_ID, alipayConfig } from "../support/alipay.ts";
import { NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const OUT_TRADE_NO = "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1";
const TRADE = { out_trade_no: OUT_TRADE_NO, trade_no: "2026112222001400000000000001", total_amount: "100.50" };
const OWNER = { app_id: ALIPAY_APP_ID, auth_app_id: ALIPAY_APP_ID, seller_id: "2088000000000001" };
const READ = { verified: true, outTradeNo: OUT_TRADE_NO, tradeNo: TRADE.trade_no, amount: 10_050 };

let alipay: Alipay;
beforeAll(async () => {
  alipay = new Alipay(await alipayConfig(), { fetch: () => Promise.reject(new Error("no network")) });
});

describe("what a browser comes back with", () => {
  const RETURN = {
    ...{ charset: "utf-8", method: "alipay.trade.page.pay.return", version: "1.0", timestamp: "2026-11-22 10:00:05" },
    ...TRADE,
    ...OWNER,
  };

  async function queryOf(changes: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
    const fields = Object.entries({ ...RETURN, ...changes }).filter((field): field is [string, string] => !!field[1]);
    const content = fields.map(([name, value]) => `${name}=${value}`).sort();
    const sign = await (await testKeys()).platform.sign(content.join("&"));
    return `?${new URLSearchParams([...fields, ["sign", sign], ["sign_type", "RSA2"]])}`;
  }

  test.each(["alipay.trade.page.pay.return", "alipay.trade.wap.pay.return", undefined])("by %s", async (method) => {
    expect(await alipay.readReturn(await queryOf({ method }), NOW)).toEqual(READ);
  });

  test("may stand behind the shop's own parameters, and in a whole address", async () => {
    const query = (await queryOf()).slice(1);
    expect(await alipay.readReturn(`https://shop.example.com/paid?order=1&${query}`, NOW)).toEqual(READ);
  });

  test.each<[Readonly<Record<string, string | undefined>>, string]>([
    [{ app_id: "2021000000000002" }, "foreign_application"],
    [{ seller_id: "2088000000000002" }, "foreign_merchant"],
    [{ method: "alipay.trade.app.pay.return" }, "malformed"],
    [{ out_trade_no: undefined }, "malformed"],
  ])("%j is refused as %s", async (changes, reason) => {
    expect(await alipay.readReturn(await queryOf(changes), NOW)).toMatchObject({ verified: false, reason });
  });

  test("counts for nothing once a value is changed, and without a signature", async () => {
    const query = await queryOf();
    const changed = query.replace("total_amount=100.50", "total_amount=100.51");
    expect(await alipay.readReturn(changed, NOW)).toMatchObject({ verified: false, reason: "bad_signature" });
    const unsigned = query.replace(/&sign=[^&]+/, "");
    expect(await alipay.readReturn(unsigned, NOW)).toMatchObject({ verified: false, reason: "missing_signature" });
    expect(await alipay.readReturn("", NOW)).toMatchObject({ verified: false });
  });
});

describe("what an application gets back", () => {
  const NODE = {
    code: "10000",
    msg: "Success",
    charset: "utf-8",
    timestamp: "2026-11-22 10:00:05",
    ...OWNER,
    ...TRADE,
  };

  async function resultOf(node: object, tampered?: (text: string) => string): Promise<string> {
    const text = JSON.stringify(node);
    const sign = await (await testKeys()).platform.sign(text);
    const sent = tampered ? tampered(text) : text;
    const result = `{"alipay_trade_app_pay_response":${sent},"sign":"${sign}","sign_type":"RSA2"}`;
    return JSON.stringify({ memo: "", resultStatus: "9000", result });
  }

  test("names the trade", async () => {
    const read = { ...READ, resultStatus: "9000" };
    const whole = await resultOf(NODE);
    expect(await alipay.verifyAppResult(whole, NOW)).toEqual(read);
    expect(await alipay.verifyAppResult(JSON.parse(whole).result, NOW)).toEqual({ ...read, resultStatus: null });
  });

  test.each([
    [{ app_id: "2021000000000002" }, "foreign_application"],
    [{ seller_id: "2088000000000002" }, "foreign_merchant"],
    [{ out_trade_no: "" }, "malformed"],
    [{ total_amount: "100.505" }, "malformed"],
  ])("%j is refused as %s", async (changes, reason) => {
    const text = await resultOf({ ...NODE, ...changes });
    expect(await alipay.verifyAppResult(text, NOW)).toMatchObject({ verified: false, reason });
  });

  test("counts for nothing once it is changed, or is none", async () => {
    const changed = await resultOf(NODE, (text) => text.replace("100.50", "100.51"));
    expect(await alipay.verifyAppResult(changed, NOW)).toMatchObject({ verified: false, reason: "bad_signature" });
    const givenUp = JSON.stringify({ memo: "用户取消", resultStatus: "6001", result: "" });
    expect(await alipay.verifyAppResult(givenUp, NOW)).toMatchObject({ verified: false, reason: "malformed" });
  });
});
