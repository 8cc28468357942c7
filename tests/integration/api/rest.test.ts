/** The REST facade as a shop's front end uses it. */
import { describe, expect, it } from "vitest";
import { fen } from "../../../src/money.ts";
import { payAt, takeDeliveries } from "../support/controls.ts";
import { newCustomer, newSku, OPERATOR, openShop, SERVICE, unique } from "../support/shop.ts";
import { environment, openApi } from "./support.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function customerWithThing(price = fen(1280)) {
  const shop = openShop();
  return { as: await newCustomer(shop), sku: await newSku(shop, 10, price) };
}

async function pendingOrder() {
  const api = openApi();
  const { as, sku } = await customerWithThing();
  const made = await api.call("POST", "/orders", { as, body: { items: [{ sku, quantity: 2 }] } });
  return { api, as, sku, orderId: String(made.body.orderId) };
}

describe("an order's way", () => {
  it("from order to payment, its state, and cancelling", async () => {
    const api = openApi();
    const { as, sku } = await customerWithThing();

    const made = await api.call("POST", "/orders", {
      as,
      body: { items: [{ sku, quantity: 2 }], subject: "两盒龙井" },
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("Cache-Control")).toBe("no-store");
    expect(made.body).toMatchObject({
      userId: as.id,
      status: "PENDING",
      subject: "两盒龙井",
      items: [{ sku, unitPrice: "12.80", quantity: 2, returnedQuantity: 0 }],
      amount: "25.60",
      createdAt: expect.stringMatching(ISO),
      paidAt: null,
    });
    const { orderId } = made.body;

    const body = { method: "WECHAT_NATIVE", orderId, amount: 25.6 };
    const created = await api.call("POST", "/payments/wechat/create", { as, body });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      method: "WECHAT_NATIVE",
      codeUrl: expect.stringContaining("/wechat/pay/"),
      orderId,
      status: "PENDING",
      amount: "25.60",
      expiresAt: made.body.expiresAt,
      created: true,
    });
    expect(created.body.transactionId).toBe(created.body.outTradeNo);

    const again = await api.call("POST", "/payments/wechat/create", { as, body });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...created.body, created: false });

    const queried = await api.call("GET", `/payments/wechat/query/${orderId}`, { as });
    expect(queried.status).toBe(200);
    expect(queried.body).toMatchObject({ orderId, orderStatus: "PENDING", status: "PENDING", paidAt: null });

    const cancelled = await api.call("POST", `/orders/${orderId}/cancel`, { as });
    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({ status: "CLOSED", closeReason: "CANCELLED" });
    expect((await api.call("GET", `/orders/${orderId}`, { as })).body).toEqual(cancelled.body);
  });

  it("from a provider's callback to a refund that an operator grants", async () => {
    const { api, as, orderId } = await pendingOrder();
    const body = { method: "ALIPAY_QR", orderId, amount: "25.60" };
    const outTradeNo = String((await api.call("POST", "/payments/alipay/create", { as, body })).body.outTradeNo);
    await payAt("alipay", outTradeNo);
    for (const { headers, body } of await takeDeliveries(outTradeNo)) {
      const notify = "http://shop.test/api/v1/payments/alipay/notify";
      const response = await api.send(new Request(notify, { method: "POST", headers, body }));
      expect([response.status, await response.text()]).toEqual([200, "success"]);
    }
    await api.idle();
    const paid = await api.call("GET", `/orders/${orderId}`, { as });
    expect(paid.body).toMatchObject({ status: "PAID", paidAt: expect.stringMatching(ISO) });
    expect((await api.call("POST", `/orders/${orderId}/cancel`, { as })).body).toMatchObject({ code: "ORDER_PAID" });

    const refund = { orderId, amount: "5.60", reason: "一盒受潮" };
    const without = await api.call("POST", "/payments/alipay/refund", { as, body: refund });
    expect([without.status, without.body.code]).toEqual([400, "IDEMPOTENCY_KEY_REQUIRED"]);
    const headers = { "Idempotency-Key": unique("refund") };
    const asked = await api.call("POST", "/payments/alipay/refund", { as, body: refund, headers });
    expect(asked.status).toBe(201);
    expect(asked.body).toMatchObject({ orderId, status: "REQUESTED", amount: "5.60", items: [] });
    const { refundId } = asked.body;

    const open = await api.call("GET", "/refunds?state=REQUESTED&limit=100", { as: OPERATOR });
    expect(open.body.refunds).toContainEqual(asked.body);
    const granted = await api.call("POST", `/refunds/${refundId}/approve`, { as: OPERATOR });
    expect([granted.status, granted.body.refundId]).toEqual([200, refundId]);
    const stands = await api.call("GET", `/payments/alipay/refund/query/${refundId}`, { as });
    expect(stands.body).toMatchObject({ refundId, status: "SUCCESS", amount: "5.60" });
  });

  it("closes an attempt and leaves the order", async () => {
    const { api, as, orderId } = await pendingOrder();
    await api.call("POST", "/payments/wechat/create", {
      as,
      body: { method: "WECHAT_NATIVE", orderId, amount: "25.60" },
    });
    const closed = await api.call("POST", `/payments/wechat/close/${orderId}`, { as });
    expect([closed.status, closed.body.status, closed.body.orderStatus]).toEqual([200, "CLOSED", "PENDING"]);
  });

  it("answers 202 while a provider knows no such trade yet and it may still be paid", async () => {
    const { api, as, orderId } = await pendingOrder();
    await api.call("POST", "/payments/alipay/create", { as, body: { method: "ALIPAY_QR", orderId, amount: "25.60" } });
    const closing = await api.call("POST", `/payments/alipay/close/${orderId}`, { as });
    expect([closing.status, closing.body.status]).toEqual([202, "CLOSING"]);
  });
});

describe("orders of others", () => {
  it("lets a service order for a user, at a price of its own", async () => {
    const api = openApi();
    const userId = unique("user");
    const adjustments = [{ kind: "SHIPPING", amount: "8", label: "顺丰" }];
    const made = await api.call("POST", "/orders", { as: SERVICE, body: { userId, amount: 0.1, adjustments } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      userId,
      items: [],
      adjustments: [{ kind: "SHIPPING", amount: "8.00", label: "顺丰" }],
      totalAmount: "8.10",
    });
  });

  it("refuses a customer who sets prices or names a user, by field", async () => {
    const api = openApi();
    const { as, sku } = await customerWithThing();
    const body = { items: [{ sku, quantity: 1 }], userId: as.id, amount: "0.01" };
    const refused = await api.call("POST", "/orders", { as, body });
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      code: "FORBIDDEN",
      issues: [
        { path: "userId", message: "not for customers to set" },
        { path: "amount", message: "not for customers to set" },
      ],
    });
  });

  it("pages through orders", async () => {
    const api = openApi();
    const { as, sku } = await customerWithThing();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const made = await api.call("POST", "/orders", { as, body: { items: [{ sku, quantity: 1 }] } });
      ids.unshift(String(made.body.orderId));
    }
    const first = await api.call("GET", "/orders?limit=2", { as });
    const second = await api.call("GET", `/orders?limit=2&before=${first.body.next}`, { as });
    const seen = [first, second].flatMap(({ body }) => Object.values(body.orders ?? {}).map((order) => order.orderId));
    expect(seen).toEqual(ids.toSorted().reverse());
    expect(second.body.next).toBeNull();
  });
});

describe("idempotency keys", () => {
  it("make a repeat the same order, and another request under the key a conflict", async () => {
    const api = openApi();
    const { as, sku } = await customerWithThing();
    const headers = { "Idempotency-Key": unique("order") };
    const call = (quantity: number) =>
      api.call("POST", "/orders", { as, headers, body: { items: [{ sku, quantity }] } });
    const first = await call(1);
    expect((await call(1)).body.orderId).toBe(first.body.orderId);
    const other = await call(2);
    expect([other.status, other.body.code]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
  });

  it.each(["", "k".repeat(129), "schlüssel"])("of other characters or lengths are refused (%j)", async (key) => {
    const api = openApi();
    const { as, sku } = await customerWithThing();
    const body = { items: [{ sku, quantity: 1 }] };
    const refused = await api.call("POST", "/orders", { as, headers: { "Idempotency-Key": key }, body });
    expect([refused.status, refused.body.issues?.[0]?.path]).toEqual([400, "Idempotency-Key"]);
  });
});

describe("what is on offer", () => {
  it("lists the configured methods to anybody", async () => {
    const all = await openApi().call("GET", "/payments/methods");
    expect(all.body).toEqual([
      { method: "WECHAT_JSAPI", provider: "wechat" },
      { method: "WECHAT_MINI", provider: "wechat" },
      { method: "WECHAT_NATIVE", provider: "wechat" },
      { method: "WECHAT_APP", provider: "wechat" },
      { method: "WECHAT_H5", provider: "wechat" },
      { method: "ALIPAY_WEB", provider: "alipay" },
      { method: "ALIPAY_WAP", provider: "alipay" },
      { method: "ALIPAY_APP", provider: "alipay" },
      { method: "ALIPAY_QR", provider: "alipay" },
      { method: "ALIPAY_JSAPI", provider: "alipay" },
      { method: "ALIPAY_BARCODE", provider: "alipay" },
      { method: "POINTS", provider: "points" },
    ]);
    const off = Object.keys(environment()).filter((name) => name.startsWith("ALIPAY_"));
    const without = openApi(environment(Object.fromEntries(off.map((name) => [name, undefined]))));
    expect((await without.call("GET", "/payments/methods")).body).not.toContainEqual(
      expect.objectContaining({ provider: "alipay" }),
    );
  });

  it("lists what is for sale with a price and what is left of it", async () => {
    const api = openApi();
    const { as, sku } = await customerWithThing();
    await api.call("POST", "/orders", { as, body: { items: [{ sku, quantity: 3 }] } });
    const after = sku.slice(0, -1);
    const { body } = await api.call("GET", `/inventory?limit=1&after=${after}`);
    expect(body.items).toEqual([{ sku, title: "测试商品", price: "12.80", available: 7 }]);
  });

  it("takes an operator's adjustment once per key", async () => {
    const api = openApi();
    const { sku } = await customerWithThing();
    const headers = { "Idempotency-Key": unique("adjust") };
    const call = () =>
      api.call("POST", `/inventory/${sku}/adjust`, { as: OPERATOR, headers, body: { quantity: -4, reason: "break" } });
    expect((await call()).body).toMatchObject({ sku, onHand: 6 });
    expect((await call()).body).toMatchObject({ sku, onHand: 6 });
  });

  it("grants points and shows them to their owner", async () => {
    const api = openApi();
    const { as } = await customerWithThing();
    const body = { userId: as.id, points: 500, reason: "welcome" };
    expect((await api.call("POST", "/points/grant", { as: OPERATOR, body })).status).toBe(200);
    expect((await api.call("GET", "/points", { as })).body).toMatchObject({ balance: 500, held: 0, available: 500 });
    const more = { ...body, points: 20 };
    expect((await api.call("POST", "/points/grant", { as: OPERATOR, body: more })).body).toMatchObject({
      balance: 520,
    });
    const { body: page } = await api.call("GET", "/points/entries?limit=1", { as });
    expect(page.entries).toMatchObject([{ kind: "GRANT", points: 20, state: "POSTED", change: 20, balanceAfter: 520 }]);
    const older = await api.call("GET", `/points/entries?before=${page.next}`, { as });
    expect(older.body).toMatchObject({ entries: [{ points: 500, reason: "welcome", balanceAfter: 500 }], next: null });
    const nowhere = await api.call("GET", "/points/entries?before=yesterday", { as });
    expect(nowhere).toMatchObject({ status: 400, body: { issues: [{ path: "before" }] } });
  });
});
