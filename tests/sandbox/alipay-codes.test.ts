/** Codes that Alipay refuses with on request: each where it belongs, spelt as the called part of Alipay spells it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, node } from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";
import type { Env } from "./wechat-client.ts";

const { control } = await openSimulator();
let env: Env;

beforeEach(async () => {
  await control.post("/alipay/application", { mode: "certificate" });
  env = ((await control.get("/settings")) as { env: Env }).env;
});
afterEach(() => control.post("/reset"));

/** What a call is refused with when a fault asks for it. */
async function refusal(method: string, fault: object): Promise<readonly unknown[]> {
  await control.fault({ kind: "refuse", provider: "alipay", ...fault });
  const { code, sub_code } = node(env, method, await call(env, method, {}));
  return [code, sub_code];
}

describe("the gateway's code", () => {
  it.each([
    ["isv.missing-app-id", "40001"],
    ["isv.missing-signature", "40001"],
    ["isv.missing-signature-key", "40001"],
    ["isv.missing-signature-config", "40003"],
    ["isv.decryption-error-missing-encrypt-type", "40001"],
    ["isv.decryption-error-unknown", "40003"],
    ["isv.code-invalid", "40002"],
    ["isv.method-call-limited", "40005"],
    ["isv.insufficient-user-permissions", "40006"],
    ["aop.auth-token-time-out", "20001"],
  ])("of %s is %s", async (code, gateway) => {
    expect(await refusal("alipay.trade.query", { code })).toEqual([gateway, code]);
  });
});

describe("the prefix", () => {
  it.each([
    ["alipay.trade.query", "TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"],
    ["alipay.trade.refund", "TRADE_HAS_CLOSE", "ACQ.TRADE_HAS_CLOSE"],
    ["alipay.trade.fastpay.refund.query", "TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"],
    ["alipay.fund.trans.uni.transfer", "EXCEED_LIMIT_DM_MAX_AMOUNT", "EXCEED_LIMIT_DM_MAX_AMOUNT"],
    ["alipay.fund.trans.common.query", "ORDER_NOT_EXIST", "ORDER_NOT_EXIST"],
    ["alipay.fund.auth.order.freeze", "PAYER_NOT_EXIST", "PAYER_NOT_EXIST"],
    ["alipay.fund.auth.operation.detail.query", "AUTH_ORDER_NOT_EXIST", "AUTH_ORDER_NOT_EXIST"],
    ["alipay.fund.auth.order.unfreeze", "ORDER_ALREADY_FINISH", "ORDER_ALREADY_FINISH"],
    ["alipay.fund.auth.operation.cancel", "ORDER_ALREADY_FINISH", "ORDER_ALREADY_FINISH"],
    ["alipay.data.dataservice.bill.downloadurl.query", "BILL_NOT_EXIST", "BILL_NOT_EXIST"],
  ])("of %s: %s is %s", async (method, code, spelt) => {
    expect(await refusal(method, { code })).toEqual(["40004", spelt]);
  });

  it("is left out where a test wants it so", async () => {
    const query = "alipay.trade.fastpay.refund.query";
    expect(await refusal(query, { code: "TRADE_NOT_EXIST", bare: true })).toEqual(["40004", "TRADE_NOT_EXIST"]);
  });

  it("stays as it is said, also the misspelt one", async () => {
    expect(await refusal("alipay.trade.cancel", { code: "AQC.SYSTEM_ERROR" })).toEqual(["40004", "AQC.SYSTEM_ERROR"]);
    expect(await refusal("alipay.fund.trans.uni.transfer", { code: "ACQ.X" })).toEqual(["40004", "ACQ.X"]);
  });
});
