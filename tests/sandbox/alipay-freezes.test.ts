/** Pre-authorisation of the simulated Alipay: frozen, captured, released and cancelled by strict rules. */
import { afterEach, describe, expect, it } from "vitest";
import { ask, noticeFields, signedParameters } from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";

const QUERY = "alipay.fund.auth.operation.detail.query";
const VOUCHER = "alipay.fund.auth.order.voucher.create";

const { env, control } = await openSimulator();

afterEach(() => control.post("/reset"));

const NUMBERS = { out_order_no: "A1", out_request_no: "A1" };
const ORDER = { ...NUMBERS, order_title: "押金", amount: "10.00", product_code: "PRE_AUTH" };
const notified = { parameters: { notify_url: "https://shop.example/notify" } };

/** Ten yuan, frozen. Returns auth_no. */
async function frozen(): Promise<string> {
  await ask(env, VOUCHER, ORDER, notified);
  await control.post("/alipay/freezes/A1/confirm");
  return (await ask(env, QUERY, NUMBERS)).auth_no ?? "";
}

const capture = (auth_no: string, total_amount: string, more: object = {}) =>
  ask(env, "alipay.trade.pay", {
    ...{ out_trade_no: "K1", subject: "押金", product_code: "PRE_AUTH", auth_confirm_mode: "NOT_COMPLETE" },
    ...{ auth_no, total_amount, ...more },
  });
const unfreeze = (auth_no: string, amount: string, more: object = {}) =>
  ask(env, "alipay.fund.auth.order.unfreeze", { auth_no, out_request_no: "U1", remark: "还押金", amount, ...more });

it("does not know a code before it is scanned, freezes on confirmation, and tells", async () => {
  expect(await ask(env, VOUCHER, ORDER, notified)).toMatchObject({ code_value: expect.stringMatching(/^https:/) });
  expect((await ask(env, QUERY, NUMBERS)).sub_code).toBe("AUTH_ORDER_NOT_EXIST");
  await control.post("/alipay/freezes/A1/refuse");
  expect(await ask(env, QUERY, NUMBERS)).toMatchObject({ order_status: "INIT", status: "INIT" });
  await control.post("/alipay/freezes/A1/confirm");
  const found = await ask(env, QUERY, NUMBERS);
  expect(found).toMatchObject({ order_status: "AUTHORIZED", status: "SUCCESS", rest_amount: "10.00" });
  const [delivery] = await control.take({ outTradeNo: "A1" });
  const fields = noticeFields(env, Buffer.from(delivery?.body ?? "", "base64").toString());
  expect(fields).toMatchObject({
    notify_type: "fund_auth_freeze",
    auth_no: found.auth_no,
    ...NUMBERS,
    amount: "10.00",
  });
});

/** Ten yuan, frozen by order string under the number A2. Returns auth_no. */
async function frozenInApp(product_code: string): Promise<string> {
  const named = { out_order_no: "A2", out_request_no: "A2" };
  const order = { ...ORDER, ...named, product_code };
  const orderString = new URLSearchParams(signedParameters(env, "alipay.fund.auth.order.app.freeze", order)).toString();
  await control.post("/alipay/app-pay", { orderString });
  await control.post("/alipay/freezes/A2/confirm");
  const found = await ask(env, QUERY, named);
  expect(found).toMatchObject({ order_status: "AUTHORIZED" });
  return found.auth_no ?? "";
}

it("freezes by bar code, and by order string once the application opens it", async () => {
  const { authCode } = (await control.post("/alipay/auth-codes", {})) as { authCode: string };
  const scanned = { ...ORDER, auth_code: authCode, auth_code_type: "bar_code" };
  expect(await ask(env, "alipay.fund.auth.order.freeze", scanned)).toMatchObject({ status: "SUCCESS" });
  await frozenInApp("PREAUTH_PAY");
});

it("closes what nobody has confirmed in time", async () => {
  await ask(env, VOUCHER, { ...ORDER, pay_timeout: "5m" });
  await control.post("/alipay/freezes/A1/refuse");
  await control.advance(300);
  expect(await ask(env, QUERY, NUMBERS)).toMatchObject({ order_status: "CLOSED" });
  expect((await ask(env, VOUCHER, { ...ORDER, pay_timeout: "5m" })).sub_code).toBe("ORDER_ALREADY_CLOSED");
});

describe("frozen money", () => {
  it("is captured and released until it is used up", async () => {
    const authNo = await frozen();
    expect(await capture(authNo, "3.00")).toMatchObject({ code: "10000", total_amount: "3.00" });
    expect(await ask(env, "alipay.trade.query", { out_trade_no: "K1" })).toMatchObject({
      trade_status: "TRADE_SUCCESS",
    });
    const released = await unfreeze(authNo, "2.00");
    expect(released).toMatchObject({ status: "SUCCESS", amount: "2.00" });
    expect(await unfreeze(authNo, "2.00")).toEqual(released);
    expect((await unfreeze(authNo, "1.00")).sub_code).toBe("UNIQUE_VIOLATION");
    expect((await unfreeze(authNo, "5.01", { out_request_no: "U2" })).sub_code).toBe("UNFREEZE_AMOUNT_EXCEED");
    expect((await capture(authNo, "5.01", { out_trade_no: "K2" })).sub_code).toBe("ACQ.AUTH_AMOUNT_NOT_ENOUGH");
    const asked = await ask(env, QUERY, { out_order_no: "A1", out_request_no: "U1" });
    expect(asked).toMatchObject({ operation_type: "UNFREEZE", rest_amount: "5.00" });
    await capture(authNo, "5.00", { out_trade_no: "K2" });
    expect(await ask(env, QUERY, NUMBERS)).toMatchObject({ order_status: "FINISH", total_pay_amount: "8.00" });
    expect((await unfreeze(authNo, "0.01", { out_request_no: "U2" })).sub_code).toBe("ORDER_ALREADY_FINISH");
  });

  it("is let go by a capture that completes it", async () => {
    const authNo = await frozen();
    await capture(authNo, "3.00", { auth_confirm_mode: "COMPLETE" });
    expect(await ask(env, QUERY, NUMBERS)).toMatchObject({ order_status: "FINISH", total_pay_amount: "3.00" });
  });

  it.each(["PREAUTH_PAY", "PRE_AUTH_ONLINE"])(
    "in the application, as %s, is captured as PRE_AUTH_ONLINE alone",
    async (product) => {
      const authNo = await frozenInApp(product);
      for (const product_code of ["PRE_AUTH", "PREAUTH_PAY"]) {
        const refused = await capture(authNo, "3.00", { product_code });
        expect([refused.sub_code, refused.sub_msg]).toEqual([
          "ACQ.INVALID_PARAMETER",
          expect.stringContaining("product_code"),
        ]);
      }
      expect(await capture(authNo, "3.00", { product_code: "PRE_AUTH_ONLINE" })).toMatchObject({ code: "10000" });
    },
  );

  it("by a code that was scanned is captured as PRE_AUTH alone", async () => {
    const authNo = await frozen();
    const refused = await capture(authNo, "3.00", { product_code: "PRE_AUTH_ONLINE" });
    expect([refused.sub_code, refused.sub_msg]).toEqual([
      "ACQ.INVALID_PARAMETER",
      expect.stringContaining("product_code"),
    ]);
    expect(await capture(authNo, "3.00")).toMatchObject({ code: "10000" });
  });

  it("is captured of the buyer who froze it", async () => {
    const authNo = await frozen();
    const stranger = await capture(authNo, "3.00", { buyer_id: "2088000000000009" });
    expect(stranger.sub_code).toBe("ACQ.TRADE_BUYER_NOT_MATCH");
    expect(await capture(authNo, "3.00", { buyer_id: "2088000000000002" })).toMatchObject({ code: "10000" });
  });

  it("is captured once under a number", async () => {
    const authNo = await frozen();
    await capture(authNo, "3.00");
    expect((await capture(authNo, "3.00")).sub_code).toBe("ACQ.TRADE_HAS_SUCCESS");
    expect(await ask(env, QUERY, NUMBERS)).toMatchObject({ rest_amount: "7.00" });
  });

  it("is released by a cancel, unless something was taken of it", async () => {
    const cancel = () => ask(env, "alipay.fund.auth.operation.cancel", { ...NUMBERS, remark: "取消" });
    expect((await cancel()).sub_code).toBe("AUTH_ORDER_NOT_EXIST");
    const authNo = await frozen();
    expect(await cancel()).toMatchObject({ action: "unfreeze" });
    expect((await capture(authNo, "1.00")).sub_code).toBe("ACQ.AUTH_NO_ERROR");
  });
});

it.each<[string, object]>([
  ["amount", { amount: "0.00" }],
  ["order_title", { order_title: "茶".repeat(101) }],
  ["product_code", { product_code: "PREAUTH_PAY" }],
  ["pay_timeout", { pay_timeout: "0m" }],
  ["out_request_no", { out_request_no: undefined }],
])("refuses a wrong %s, naming it", async (member, more) => {
  const answer = await ask(env, VOUCHER, { ...ORDER, ...more });
  expect(answer.sub_code).toBe("INVALID_PARAMETER");
  expect(answer.sub_msg).toContain(member);
});
