/** One payment for several orders, over REST. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startAfresh } from "../support/afresh.ts";
import { orderFor, twoOrders } from "../support/combined.ts";
import { misbehave, payAt, sandbox } from "../support/controls.ts";
import type { Purchase } from "../support/purchases.ts";
import { newCustomer, openShop, SERVICE, unique } from "../support/shop.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const PATH = "/payments/wechat/combined";
const api = openApi();

function bodyFor(purchases: readonly Purchase[], more: object = {}) {
  const orders = purchases.map(({ orderId }) => ({ orderId, amount: "30.00" }));
  return { method: "WECHAT_NATIVE", orders, ...more };
}

async function open(purchases: readonly Purchase[], more: object = {}, headers: Record<string, string> = {}) {
  return api.call("POST", `${PATH}/create`, { as: purchases[0]?.customer, body: bodyFor(purchases, more), headers });
}

it("opens, hands out again, says how it stands and closes", async () => {
  const purchases = await twoOrders(openShop());
  const as = purchases[0].customer;
  const opened = await open(purchases);
  expect(opened.status).toBe(201);
  expect(opened.body).toMatchObject({
    method: "WECHAT_NATIVE",
    codeUrl: expect.stringMatching(/.+/),
    status: "PENDING",
    amount: "60.00",
    created: true,
    orders: [{ amount: "30.00" }, { amount: "30.00" }],
  });
  const again = await open(purchases);
  expect([again.status, again.body]).toEqual([200, { ...opened.body, created: false }]);
  const number = opened.body.combineOutTradeNo;
  const asked = await api.call("GET", `${PATH}/query/${number}`, { as });
  expect(asked.body).toMatchObject({ status: "PENDING", orders: [{ orderStatus: "PENDING" }, { applied: false }] });
  const closed = await api.call("POST", `${PATH}/close/${number}`, { as });
  expect([closed.status, closed.body.status]).toEqual([200, "CLOSED"]);
  await api.idle();
});

it("answers 202 while the provider has not said whether it is closed, and 409 when it turns out paid", async () => {
  const purchases = await twoOrders(openShop());
  const as = purchases[0].customer;
  const { combineOutTradeNo, orders } = (await open(purchases)).body;
  await misbehave({ kind: "http_500", operation: "combine_close", times: 9 });
  await misbehave({ kind: "http_500", operation: "combine_query", times: 9 });
  const closing = await api.call("POST", `${PATH}/close/${combineOutTradeNo}`, { as });
  expect([closing.status, closing.body.status]).toEqual([202, "CLOSING"]);
  await sandbox("DELETE", "faults");
  await payAt("wechat", String(orders?.[0]?.outTradeNo));
  const paid = await api.call("POST", `${PATH}/close/${combineOutTradeNo}`, { as });
  expect([paid.status, paid.body.code]).toEqual([409, "ORDER_PAID"]);
});

it("opens one by each method of WeChat Pay", async () => {
  const { openids } = (await sandbox<{ wechat: { openids: Record<string, string> } }>("GET", "settings")).wechat;
  const [officialAccount, miniProgram] = Object.values(openids);
  const shown = [
    [{ method: "WECHAT_JSAPI", openid: officialAccount }, { invoke: { appId: expect.any(String) } }],
    [{ method: "WECHAT_MINI", openid: miniProgram }, { invoke: { paySign: expect.any(String) } }],
    [{ method: "WECHAT_APP" }, { invoke: { prepayid: expect.any(String) } }],
    [{ method: "WECHAT_H5", h5Type: "Wap" }, { h5Url: expect.stringMatching(/^http/) }],
  ] as const;
  for (const [more, credential] of shown) {
    const purchases = await twoOrders(openShop());
    const { status, body } = await open(purchases, more, { "CF-Connecting-IP": "192.0.2.7" });
    expect(body).toMatchObject({ method: more.method, ...credential });
    expect(status).toBe(201);
  }
});

it("is the same payment for the same Idempotency-Key", async () => {
  const purchases = await twoOrders(openShop());
  const headers = { "Idempotency-Key": unique("key") };
  const first = await open(purchases, {}, headers);
  const again = await open(purchases, {}, headers);
  expect(again.body.combineOutTradeNo).toBe(first.body.combineOutTradeNo);
  const other = await open([purchases[0], await orderFor(openShop(), purchases[0].customer)], {}, headers);
  expect([other.status, other.body.code]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
});

describe("refuses", () => {
  const cases: [string, number, string, string, (own: readonly Purchase[]) => object][] = [
    ["one order", 400, "BAD_INPUT", "orders", (own) => bodyFor(own.slice(1))],
    ["a wrong amount", 400, "AMOUNT_MISMATCH", "orders[1].amount", (own) => wrong(own)],
    ["goods that single payments show", 400, "BAD_INPUT", "detail", (own) => bodyFor(own, { detail: {} })],
    ["a coupon that a customer chose", 403, "FORBIDDEN", "goodsTag", (own) => bodyFor(own, { goodsTag: "VIP" })],
    ["a method of another provider", 400, "BAD_INPUT", "method", (own) => bodyFor(own, { method: "ALIPAY_QR" })],
  ];

  function wrong(own: readonly Purchase[]) {
    const { orders, ...rest } = bodyFor(own);
    return { ...rest, orders: orders.map((order, index) => (index === 1 ? { ...order, amount: "29.99" } : order)) };
  }

  it.each(cases)("%s: %i %s at %s", async (_, status, code, path, body) => {
    const purchases = await twoOrders(openShop());
    const answer = await api.call("POST", `${PATH}/create`, { as: purchases[0].customer, body: body(purchases) });
    expect(answer).toMatchObject({ status, body: { code, issues: [{ path }] } });
  });

  it("orders of several users, for the service that pays for them", async () => {
    const shop = openShop();
    const purchases = [await orderFor(shop, await newCustomer(shop)), await orderFor(shop, await newCustomer(shop))];
    const answer = await api.call("POST", `${PATH}/create`, { as: SERVICE, body: bodyFor(purchases) });
    expect(answer).toMatchObject({ status: 400, body: { issues: [{ path: "orders[1].orderId" }] } });
  });
});
