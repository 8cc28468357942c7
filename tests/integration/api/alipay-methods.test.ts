/** Every way to pay by Alipay, from the front end's call to the money. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/payments/context.ts";
import { letPass, startAfresh } from "../support/afresh.ts";
import { payInApp, payInMiniProgram, press, showCode, submit, visit } from "../support/alipay-buyer.ts";
import { deliverAll, payAt } from "../support/controls.ts";
import { newOrder } from "../support/purchases.ts";
import { attemptOf, recordedRequest } from "../support/records.ts";
import { openShop, SERVICE, unique } from "../support/shop.ts";
import { environment, openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const RETURN_PATH = "/payments/alipay/return";
const RETURN_URL = `http://127.0.0.1/api/v1${RETURN_PATH}`;
const BUYER = "2088722012345678";

const api = openApi(environment({ ALIPAY_RETURN_URL: RETURN_URL }));

interface CreateOptions {
  readonly as?: Actor;
  readonly key?: string;
}

/** An order of 30.00, and what opens payments of it and asks how they stand. */
async function orderToPay() {
  const { customer, orderId } = await newOrder(openShop());
  const create = (members: object, { as = customer, key }: CreateOptions = {}) =>
    api.call("POST", "/payments/alipay/create", {
      as,
      ...(key !== undefined && { headers: { "Idempotency-Key": key } }),
      body: { orderId, amount: "30.00", ...members },
    });
  const state = async () => (await api.call("GET", `/payments/alipay/query/${orderId}`, { as: customer })).body;
  const close = () => api.call("POST", `/payments/alipay/close/${orderId}`, { as: customer });
  return { customer, orderId, create, state, close };
}

const PAID = { status: "SUCCESS", orderStatus: "PAID", applied: true };
const SUBJECT = `'茶' "A+B" & <b>50%</b> / 100=1 \\ 🍵 ＡＢ`;

describe.each([
  ["ALIPAY_WEB", { qrPayMode: "4", qrcodeWidth: 200 }],
  ["ALIPAY_WAP", { quitUrl: "https://shop.example/cart" }],
] as const)("%s", (method, fields) => {
  it("opens a page by its address and by its form, and the browser comes back to see the order paid", async () => {
    const { orderId, create, state } = await orderToPay();
    const { status, body } = await create({ method, subject: SUBJECT, ...fields });
    expect([status, body.method, body.status]).toEqual([201, method, "PENDING"]);
    expect(await state()).toMatchObject({ status: "PENDING" });
    await visit(String(body.payUrl));
    const cashier = await submit(String(body.form));
    const shown = await (await fetch(cashier)).text();
    expect(shown).toContain("&quot;A+B&quot; ＆ &lt;b&gt;50%&lt;／b&gt; ／ 100＝1 \\");
    const back = new URL((await press(cashier, "confirm")) ?? "");
    expect(back.origin + back.pathname).toBe(RETURN_URL);
    // No callback has been delivered: the page has asked Alipay.
    const page = await api.call("GET", `${RETURN_PATH}${back.search}`);
    expect([page.status, page.headers.get("Content-Type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(page.text).toContain("支付成功");
    expect(page.text).toContain(orderId);
    expect(await state()).toMatchObject({ method, ...PAID });
    await deliverAll(openShop(), "alipay", String(body.outTradeNo));
    expect(await state()).toMatchObject(PAID);
  });

  it("is the same page when it is asked for again, and signed anew after ten minutes", async () => {
    const shop = openShop();
    const { customer, orderId, amount } = await newOrder(shop);
    const open = async () => (await shop.manager.create(customer, "alipay", request)).payment;
    const request = { method, orderId, amount, returnUrl: "https://shop.example/1", ...fields };
    const first = await open();
    expect(await open()).toEqual(first);
    await letPass(shop, 11 * 60);
    const later = await open();
    if (!("payUrl" in first) || !("payUrl" in later)) throw new Error("no page");
    const [before, after] = [first, later].map(({ payUrl }) => Object.fromEntries(new URL(payUrl).searchParams));
    expect(after).toEqual({ ...before, timestamp: expect.any(String), sign: expect.any(String) });
    expect(after?.timestamp).not.toBe(before?.timestamp);
    await visit(later.payUrl);
  });
});

describe("the other methods", () => {
  it("ALIPAY_APP gives what the mobile SDK takes", async () => {
    const { create, state } = await orderToPay();
    const { status, body } = await create({ method: "ALIPAY_APP", subject: SUBJECT });
    expect([status, Object.keys(body)]).toEqual([201, expect.arrayContaining(["orderString"])]);
    expect(await payInApp(String(body.orderString))).toMatchObject({ resultStatus: "9000" });
    expect(await state()).toMatchObject(PAID);
  });

  it("ALIPAY_QR gives a code to scan", async () => {
    const { create, state } = await orderToPay();
    const { body } = await create({ method: "ALIPAY_QR", subject: SUBJECT });
    expect((await create({ method: "ALIPAY_QR", subject: SUBJECT })).body).toEqual({ ...body, created: false });
    await payAt("alipay", String(body.outTradeNo));
    expect(await state()).toMatchObject(PAID);
  });

  it("ALIPAY_JSAPI gives a trade for its buyer alone", async () => {
    const { create, state } = await orderToPay();
    const { status, body } = await create({ method: "ALIPAY_JSAPI", buyerId: BUYER });
    expect(status).toBe(201);
    await expect(payInMiniProgram(String(body.tradeNo), "2088722099999999")).rejects.toThrow("买家不匹配");
    await payInMiniProgram(String(body.tradeNo), BUYER);
    expect(await state()).toMatchObject({ ...PAID, providerTradeNo: body.tradeNo });
  });

  it("ALIPAY_BARCODE is paid in the same call, and a repeat under its key says the same", async () => {
    const { orderId, create, state } = await orderToPay();
    const key = unique("till");
    const payment = { method: "ALIPAY_BARCODE", authCode: await showCode() };
    const { status, body } = await create(payment, { as: SERVICE, key });
    expect([status, body]).toEqual([201, expect.objectContaining({ method: "ALIPAY_BARCODE", status: "SUCCESS" })]);
    expect(await state()).toMatchObject({ ...PAID, orderId });
    const again = await create(payment, { as: SERVICE, key });
    expect([again.status, again.body]).toEqual([status, body]);
  });

  it("the QR code and the page of one order: the newer one is paid, the older one closes", async () => {
    const { create, state } = await orderToPay();
    const qr = await create({ method: "ALIPAY_QR" });
    const web = await create({ method: "ALIPAY_WEB" });
    await press(await visit(String(web.body.payUrl)), "confirm");
    expect(await state()).toMatchObject({ method: "ALIPAY_WEB", ...PAID });
    expect(await attemptOf(openShop(), String(qr.body.outTradeNo))).toMatchObject({ state: "CLOSING" });
  });
});

describe("what may be said of a payment", () => {
  const decisions = {
    goodsDetail: [{ goodsId: "TEA", goodsName: "龙井", quantity: 2, price: 15 }],
    disablePayChannels: "pcredit,creditCard",
    hbFqNum: "3",
    hbFqSellerPercent: "0",
    storeId: "S1",
    operatorId: "O1",
    terminalId: "T1",
  };
  const options = { body: "明前 & 雨前", passbackParams: "柜台=3&x=1" };

  it("reaches Alipay in its own words", async () => {
    const { create } = await orderToPay();
    const { body } = await create({ method: "ALIPAY_QR", ...options, ...decisions }, { as: SERVICE });
    expect(await recordedRequest(openShop(), String(body.outTradeNo))).toMatchObject({
      body: "明前 ＆ 雨前",
      passback_params: "%E6%9F%9C%E5%8F%B0%3D3%26x%3D1",
      goods_detail: [{ goods_id: "TEA", goods_name: "龙井", quantity: 2, price: "15.00" }],
      disable_pay_channels: "pcredit,creditCard",
      extend_params: { hb_fq_num: "3", hb_fq_seller_percent: "0" },
      store_id: "S1",
      operator_id: "O1",
      terminal_id: "T1",
    });
  });

  it("by a customer is not what the shop decides", async () => {
    const { create } = await orderToPay();
    const refused = await create({ method: "ALIPAY_QR", ...options, ...decisions });
    expect([refused.status, refused.body.code]).toEqual([403, "FORBIDDEN"]);
    expect(refused.body.issues).toHaveLength(Object.keys(decisions).length);
    expect((await create({ method: "ALIPAY_QR", ...options })).status).toBe(201);
  });

  it.each([
    [{ method: "ALIPAY_JSAPI" }, "buyerId"],
    [{ method: "ALIPAY_BARCODE" }, "authCode"],
    [{ method: "ALIPAY_BARCODE", authCode: "1234567890123456" }, "authCode"],
    [{ method: "ALIPAY_WEB", qrPayMode: "5" }, "qrPayMode"],
    [{ method: "ALIPAY_WEB", qrcodeWidth: 100 }, "qrcode_width"],
    [{ method: "ALIPAY_WEB", returnUrl: "http://shop.example/paid" }, "returnUrl"],
    [{ method: "ALIPAY_WEB", returnUrl: "javascript:alert(1)" }, "returnUrl"],
    [{ method: "ALIPAY_WAP", quitUrl: "ftp://shop.example" }, "quitUrl"],
    [{ method: "ALIPAY_QR", returnUrl: "https://shop.example/paid" }, "returnUrl"],
    [{ method: "ALIPAY_QR", passbackParams: "茶".repeat(57) }, "passback_params"],
    [{ method: "ALIPAY_APP", openid: "o1" }, "openid"],
  ])("%j is refused, naming %s", async (members, path) => {
    const { create } = await orderToPay();
    const refused = await create(members);
    expect([refused.status, refused.body.code]).toEqual([400, "BAD_INPUT"]);
    expect(refused.body.issues).toEqual([{ path, message: expect.any(String) }]);
  });
});
