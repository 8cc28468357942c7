/** What tRPC takes in: plain JSON, of one type, once. Nobody outside names types, or slips past the checks by a header. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { listOrders } from "../../../src/payments/orders/read-order.ts";
import { startAfresh } from "../support/afresh.ts";
import { newCustomer, newSku, openShop } from "../support/shop.ts";
import { openApi, tokenFor } from "./support.ts";

beforeAll(startAfresh);
afterAll(startAfresh);

const api = openApi();

async function customerWithWish() {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const items = [{ sku: await newSku(shop, 5), quantity: 1 }];
  const orders = async () => (await listOrders(shop.ctx, customer, { limit: 10 })).orders.length;
  const post = async (message: object, headers: Record<string, string> = { "Content-Type": "application/json" }) => {
    const Authorization = `Bearer ${await tokenFor(customer)}`;
    const body = JSON.stringify(message);
    const url = "http://shop.test/trpc/orders.create";
    const response = await api.send(new Request(url, { method: "POST", headers: { Authorization, ...headers }, body }));
    return { status: response.status, text: await response.text() };
  };
  return { customer, items, orders, post };
}

it("takes no types from callers: what they name changes nothing of their JSON", async () => {
  const { items, orders, post } = await customerWithWish();
  const values = { subject: ["Date"], items: ["set"], "items.0.sku": ["regexp"], "__proto__.role": ["Date"] };
  const { status } = await post({ json: { items, subject: "2026-01-01T00:00:00.000Z" }, meta: { values, v: 1 } });
  expect([status, await orders()]).toEqual([200, 1]);
});

it("makes nothing of a few bytes that stand for many", async () => {
  const { items, orders, post } = await customerWithWish();
  const sparse = { "items.4294967294": ["undefined"] };
  expect((await post({ json: { items }, meta: { values: sparse, v: 1 } })).status).toBe(200);
  const large = { subject: [["typed-array", "Float64Array"]] };
  const refused = await post({ json: { items, subject: 5_000_000 }, meta: { values: large, v: 1 } });
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('"path":"subject"')]);
  expect(await orders()).toBe(1);
});

it.each([
  ["application/json; charset=gbk"],
  ["application/json; x=1"],
  [" application/jsonp"],
  ["multipart/form-data; boundary=x"],
  ["text/plain", 415],
  ["text/json", 415],
])("takes no body of type %s", async (type, refused = 400) => {
  const { items, orders, post } = await customerWithWish();
  expect((await post({ json: { items } }, { "Content-Type": type })).status).toBe(refused);
  expect(await orders()).toBe(0);
});

it("takes one input, however its name is spelt", async () => {
  const { customer } = await customerWithWish();
  const headers = { Authorization: `Bearer ${await tokenFor(customer)}` };
  const list = (query: string) => api.send(new Request(`http://shop.test/trpc/orders.list?${query}`, { headers }));
  const input = encodeURIComponent('{"json":{"limit":1}}');
  expect((await list(`%69nput=${input}`)).status).toBe(200);
  expect((await list(`%69nput=${input}&input=${input}`)).status).toBe(400);
  expect((await list(`%69nput=${encodeURIComponent('{"json":{"limit":1,"limit":2}}')}`)).status).toBe(400);
});
