/** Every way to pay by WeChat Pay, from the front end's call to the screen that opens on the phone. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/payments/context.ts";
import { startAfresh } from "../support/afresh.ts";
import { payAt, sandbox } from "../support/controls.ts";
import { newOrder } from "../support/purchases.ts";
import { recordedRequest } from "../support/records.ts";
import { openShop, SERVICE, unique } from "../support/shop.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const PAYER = "203.0.113.7";
const NEXT_DOOR = "2001:db8::7";
const OPENIDS = { WECHAT_JSAPI: "oOfcl_the_simulated_buyer_01", WECHAT_MINI: "oMini_the_simulated_buyer_01" };
const MINI_MEMBERS = ["nonceStr", "package", "paySign", "signType", "timeStamp"];

/** What each method takes beside the order, the client that its parameters are for, and their names. */
const INVOKED = [
  ["WECHAT_JSAPI", { openid: OPENIDS.WECHAT_JSAPI }, "jsapi", ["appId", ...MINI_MEMBERS]],
  ["WECHAT_MINI", { openid: OPENIDS.WECHAT_MINI }, "mini", MINI_MEMBERS],
  ["WECHAT_APP", {}, "app", ["appid", "noncestr", "package", "partnerid", "prepayid", "sign", "timestamp"]],
] as const;

const api = openApi();

interface CreateOptions {
  readonly as?: Actor;
  readonly from?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An order of 30.00, and what opens payments of it: by its customer, at an address, unless said otherwise. */
async function orderToPay() {
  const { customer, orderId } = await newOrder(openShop());
  const create = (members: object, { as = customer, from = PAYER, headers = {} }: CreateOptions = {}) =>
    api.call("POST", "/payments/wechat/create", {
      as,
      headers: { ...headers, ...(from !== null && { "CF-Connecting-IP": from }) },
      body: { orderId, amount: "30.00", ...members },
    });
  return { customer, orderId, create };
}

/** The text that WeChat Pay got. */
function sentFor(outTradeNo: unknown): Promise<Record<string, unknown>> {
  return recordedRequest(openShop(), String(outTradeNo));
}

describe("the answer", () => {
  it.each(INVOKED)("of %s is what its client takes, and nothing more", async (method, fields, client, members) => {
    const { customer, orderId, create } = await orderToPay();
    const created = await create({ method, ...fields });
    expect([created.status, created.body.method]).toEqual([201, method]);
    expect(Object.keys(created.body.invoke ?? {}).sort()).toEqual([...members].sort());
    await sandbox("POST", "wechat/invoke", { client, parameters: created.body.invoke });
    expect((await create({ method, ...fields })).body).toEqual({ ...created.body, created: false });
    await payAt("wechat", String(created.body.outTradeNo));
    const state = await api.call("GET", `/payments/wechat/query/${orderId}`, { as: customer });
    expect(state.body).toMatchObject({ method, status: "SUCCESS", orderStatus: "PAID" });
  });

  it("of WECHAT_NATIVE is a code to show", async () => {
    const { create } = await orderToPay();
    const { body } = await create({ method: "WECHAT_NATIVE" });
    expect(body).toMatchObject({ method: "WECHAT_NATIVE", codeUrl: expect.any(String) });
    expect(body).not.toHaveProperty("invoke");
  });

  it("of WECHAT_H5 is an address for five minutes, with the page to return to when it was asked for", async () => {
    const { create } = await orderToPay();
    const plain = await create({ method: "WECHAT_H5", h5Type: "Wap" });
    expect(plain.status).toBe(201);
    expect(lifeOf(plain.body)).toBe(300);
    const h5Url = new URL(String(plain.body.h5Url));
    expect(h5Url.searchParams.has("redirect_url")).toBe(false);
    const returnUrl = "https://shop.example/已付?order=1&x=二";
    const returning = await create({ method: "WECHAT_H5", h5Type: "Wap", returnUrl });
    const address = new URL(String(returning.body.h5Url));
    expect(address.searchParams.get("redirect_url")).toBe(returnUrl);
    address.searchParams.delete("redirect_url");
    expect(address.href).toBe(h5Url.href);
    expect((await create({ method: "WECHAT_H5", h5Type: "Wap" })).body.h5Url).toBe(plain.body.h5Url);
  });
});

/** For how many seconds an answer's credential works. */
function lifeOf(body: { readonly [member: string]: unknown }): number {
  const left = new Date(String(body.credentialExpiresAt)).getTime() - Date.now();
  return Math.round(left / 10_000) * 10;
}

describe("the payer's address", () => {
  it("is the connection's, and goes with a payment in a browser", async () => {
    const { create } = await orderToPay();
    const h5 = { method: "WECHAT_H5", h5Type: "iOS", appName: "中道商城" };
    const { body } = await create(h5, { from: NEXT_DOOR, headers: { "X-Forwarded-For": "198.51.100.1" } });
    expect(await sentFor(body.outTradeNo)).toMatchObject({
      scene_info: { payer_client_ip: NEXT_DOOR, h5_info: { type: "iOS", app_name: "中道商城" } },
    });
  });

  it.each([
    ["nobody knows", null],
    ["is no address", "203.0.113.7, 198.51.100.1"],
  ])("that %s opens no payment in a browser, whatever others say of it", async (_, from) => {
    const { create } = await orderToPay();
    const headers = { "X-Forwarded-For": PAYER, "X-Real-IP": PAYER };
    const refused = await create({ method: "WECHAT_H5", h5Type: "Wap" }, { from, headers });
    expect([refused.status, refused.body.code]).toEqual([400, "BAD_INPUT"]);
    expect(refused.body.issues).toEqual([{ path: "method", message: expect.stringContaining("address") }]);
    expect((await create({ method: "WECHAT_NATIVE" }, { from, headers })).status).toBe(201);
  });

  it("is not the caller's to give", async () => {
    const { create } = await orderToPay();
    const refused = await create({ method: "WECHAT_H5", h5Type: "Wap", payerClientIp: PAYER });
    expect(refused.body.issues).toEqual([{ path: "payerClientIp", message: "unknown field" }]);
  });

  it("may change between a request and its repeat, and nothing else may", async () => {
    const { create } = await orderToPay();
    const headers = { "Idempotency-Key": unique("pay") };
    const h5 = { method: "WECHAT_H5", h5Type: "Wap" };
    const first = await create(h5, { headers });
    const again = await create(h5, { headers, from: NEXT_DOOR });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    const other = await create({ ...h5, h5Type: "iOS" }, { headers });
    expect(other.body.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });
});

describe("what may be said of a payment", () => {
  const options = {
    attach: "柜台 3",
    sceneInfo: {
      deviceId: "POS-7",
      storeInfo: { id: "S1", name: "🍵 城东店", areaCode: "440305", address: "深南大道 1 号" },
    },
    supportFapiao: true,
  };
  const decisions = {
    goodsTag: "SPRING",
    detail: {
      costPrice: 35.5,
      invoiceId: "F-1",
      goodsDetail: [{ merchantGoodsId: "TEA", goodsName: "龙井", quantity: 2, unitPrice: "15.00" }],
    },
    settleInfo: { profitSharing: true },
  };

  it("reaches WeChat Pay in its own words", async () => {
    const { create } = await orderToPay();
    const { status, body } = await create({ method: "WECHAT_NATIVE", ...options, ...decisions }, { as: SERVICE });
    expect(status).toBe(201);
    expect(await sentFor(body.outTradeNo)).toMatchObject({
      attach: "柜台 3",
      goods_tag: "SPRING",
      support_fapiao: true,
      detail: {
        cost_price: 3550,
        invoice_id: "F-1",
        goods_detail: [{ merchant_goods_id: "TEA", goods_name: "龙井", quantity: 2, unit_price: 1500 }],
      },
      scene_info: {
        payer_client_ip: PAYER,
        device_id: "POS-7",
        store_info: { id: "S1", name: "城东店", area_code: "440305", address: "深南大道 1 号" },
      },
      settle_info: { profit_sharing: true },
    });
  });

  it("by a customer is not which coupons apply, nor whether money is frozen", async () => {
    const { create } = await orderToPay();
    const refused = await create({ method: "WECHAT_NATIVE", ...options, ...decisions });
    expect([refused.status, refused.body.code]).toEqual([403, "FORBIDDEN"]);
    expect(refused.body.issues).toEqual(
      ["goodsTag", "detail", "settleInfo"].map((path) => ({ path, message: "not for customers to set" })),
    );
    expect((await create({ method: "WECHAT_NATIVE", ...options })).status).toBe(201);
  });

  it("of its goods is at most 6144 bytes as sent", async () => {
    const { create } = await orderToPay();
    const goods = (count: number) => ({
      method: "WECHAT_NATIVE",
      detail: {
        goodsDetail: Array.from({ length: count }, () => ({
          merchantGoodsId: "T".repeat(32),
          goodsName: "茶".repeat(256),
          quantity: 1,
          unitPrice: 1,
        })),
      },
    });
    const refused = await create(goods(8), { as: SERVICE });
    expect([refused.status, refused.body.code]).toEqual([400, "BAD_INPUT"]);
    expect(refused.body.issues).toEqual([{ path: "detail", message: expect.stringContaining("6144 bytes") }]);
    expect((await create(goods(7), { as: SERVICE })).status).toBe(201);
  });
});
