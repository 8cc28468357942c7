/** Payments within Alipay's own applications: the mobile SDK, mini programs, the code on the buyer's phone. */
import { describe, expect, it } from "vitest";
import { get, press } from "./alipay-browser.ts";
import { ask, nodeText, pageUrl, signedParameters } from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";

const { sandbox, env, control } = await openSimulator();

const appOrder = (no: string, more: object = {}) => ({
  out_trade_no: no,
  total_amount: "88.80",
  subject: "龙井茶 100% +1 😀",
  product_code: "QUICK_MSECURITY_PAY",
  ...more,
});
const query = (no: string) => ask(env, "alipay.trade.query", { out_trade_no: no });

describe("alipay.trade.app.pay", () => {
  const orderString = (no: string, more?: object) =>
    Object.entries(
      signedParameters(env, "alipay.trade.app.pay", appOrder(no, more), { notify_url: "https://shop.example/n" }),
    )
      .map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
      .join("&");
  const start = async (text: string) =>
    (await control.post("/alipay/app-pay", { orderString: text })) as { id: string; url: string };

  it("pays within the SDK, whose answer is signed", async () => {
    const { id, url } = await start(orderString("t_app"));
    await get(url);
    expect(await query("t_app")).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
    expect(await control.get(`/alipay/app-pay/${id}`)).toMatchObject({ resultStatus: "6001", result: "" });
    expect((await press(url, "confirm")).page.body).toContain("支付成功");
    const { resultStatus, result } = (await control.get(`/alipay/app-pay/${id}`)) as Record<string, string>;
    expect(resultStatus).toBe("9000");
    expect(JSON.parse(nodeText(env, "alipay.trade.app.pay", result ?? ""))).toMatchObject({
      code: "10000",
      out_trade_no: "t_app",
      total_amount: "88.80",
      trade_no: (await query("t_app")).trade_no,
    });
  });

  it("refuses an order string that was changed, is of another method, or breaks a rule", async () => {
    await expect(start(orderString("t_app_x").replace("88.80", "0.01"))).rejects.toThrow("isv.invalid-signature");
    await expect(start(orderString("t_app_x", { timeout_express: "1m" }))).rejects.toThrow("timeout_express");
    await expect(
      start(new URL(pageUrl(env, "alipay.trade.page.pay", appOrder("t_app_x"))).search.slice(1)),
    ).rejects.toThrow("isv.invalid-method");
  });

  it("is none of the gateway's methods", async () => {
    expect(await get(pageUrl(env, "alipay.trade.app.pay", appOrder("t_app_gateway")))).toMatchObject({
      body: expect.stringContaining("isv.invalid-method"),
    });
  });
});

describe("alipay.trade.create", () => {
  const create = (no: string, more: object) =>
    ask(env, "alipay.trade.create", { out_trade_no: no, total_amount: "1.00", subject: "茶", ...more });
  const buyer = { buyer_id: "2088000000000002" };

  it("makes a trade at once, which its own buyer pays in the mini program", async () => {
    const { trade_no: tradeNo } = await create("t_create", buyer);
    expect(await query("t_create")).toMatchObject({ trade_no: tradeNo, trade_status: "WAIT_BUYER_PAY" });
    const another = { tradeNo, buyerId: "2088000000000003" };
    await expect(control.post("/alipay/trade-pay", another)).rejects.toThrow("409");
    const { url } = (await control.post("/alipay/trade-pay", { tradeNo, buyerId: buyer.buyer_id })) as { url: string };
    expect((await press(url, "confirm")).page.body).toContain("支付成功");
    expect(await query("t_create")).toMatchObject({ trade_status: "TRADE_SUCCESS", buyer_user_id: buyer.buyer_id });
  });

  it("answers a buyer by open id with the open id", async () => {
    await create("t_create_open", { buyer_open_id: "074a1CcTG1LelxKe4xQC0zgNdId0nxi9" });
    const answer = await query("t_create_open");
    expect(answer.buyer_open_id).toBe("074a1CcTG1LelxKe4xQC0zgNdId0nxi9");
    expect(answer).not.toHaveProperty("buyer_user_id");
  });

  it("wants a buyer who is not the seller", async () => {
    expect(await create("t_create_none", {})).toMatchObject({ sub_code: "ACQ.INVALID_PARAMETER" });
    expect(await create("t_create_bad", { buyer_id: "12" })).toMatchObject({ sub_code: "ACQ.INVALID_PARAMETER" });
    const seller = { buyer_id: "2088000000000001" };
    expect(await create("t_create_self", seller)).toMatchObject({ sub_code: "ACQ.BUYER_SELLER_EQUAL" });
  });
});

describe("alipay.trade.pay", () => {
  const show = async (wishes: object = {}) =>
    ((await control.post("/alipay/auth-codes", wishes)) as { authCode: string }).authCode;
  const pay = (no: string, authCode: string) =>
    ask(env, "alipay.trade.pay", { out_trade_no: no, total_amount: "1.00", subject: "茶", auth_code: authCode });

  it("is paid at once, and tells how", async () => {
    expect(await pay("t_pay", await show())).toMatchObject({
      code: "10000",
      trade_no: expect.stringMatching(/^\d{28}$/),
      buyer_logon_id: expect.any(String),
      receipt_amount: "1.00",
      gmt_payment: expect.any(String),
      fund_bill_list: [{ fund_channel: "ALIPAYACCOUNT", amount: "1.00" }],
    });
    expect(await pay("t_pay_face", await show({ face: true }))).toMatchObject({ code: "10000" });
  });

  it("waits for a buyer who has to confirm", async () => {
    const code = await show({ asksPassword: true });
    expect(await pay("t_pay_wait", code)).toMatchObject({ code: "10003", out_trade_no: "t_pay_wait" });
    expect(await query("t_pay_wait")).toMatchObject({ trade_status: "WAIT_BUYER_PAY" });
    expect(await pay("t_pay_wait", code)).toMatchObject({ code: "10003" });
    expect(await pay("t_pay_wait", await show())).toMatchObject({ sub_code: "ACQ.CONTEXT_INCONSISTENT" });
    await control.post("/trades/alipay/t_pay_wait/pay");
    expect(await query("t_pay_wait")).toMatchObject({ trade_status: "TRADE_SUCCESS" });
    expect(await pay("t_pay_wait", code)).toMatchObject({ sub_code: "ACQ.TRADE_HAS_SUCCESS" });
  });

  it("takes a code from the phone's page", async () => {
    const page = await get(`${sandbox.url}/alipay/phone?password=1`);
    const code = /id="auth-code">(\d{18})</.exec(page.body)?.[1] ?? "";
    expect(await pay("t_pay_page", code)).toMatchObject({ code: "10003" });
  });

  it("takes no code that is made up, used or too old", async () => {
    const invalid = { code: "40004", sub_code: "ACQ.PAYMENT_AUTH_CODE_INVALID" };
    expect(await pay("t_pay_bad", "280000000000000000")).toMatchObject(invalid);
    expect(await pay("t_pay_bad", "12")).toMatchObject(invalid);
    const code = await show();
    await pay("t_pay_used", code);
    expect(await pay("t_pay_bad", code)).toMatchObject(invalid);
    const old = await show();
    await control.advance(121);
    expect(await pay("t_pay_bad", old)).toMatchObject(invalid);
  });

  it("says why a buyer can't pay, and leaves no trade behind", async () => {
    for (const failure of [
      "BUYER_BALANCE_NOT_ENOUGH",
      "BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
      "PAYMENT_REQUEST_HAS_RISK",
    ]) {
      expect(await pay("t_pay_poor", await show({ failure }))).toMatchObject({ sub_code: `ACQ.${failure}` });
    }
    expect(await query("t_pay_poor")).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
  });
});
