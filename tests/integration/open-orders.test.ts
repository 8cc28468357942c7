/** Orders that are not paid yet: how many a buyer may have, and what becomes of their pieces once their time is over. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { ProviderRegistry } from "../../src/providers/registry.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { payAt } from "./support/controls.ts";
import { METHOD_OF, newPaidOrder } from "./support/purchases.ts";
import { order } from "./support/shelves.ts";
import { journalOf, newCustomer, newSku, openShop, SERVICE, stockOf } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HALF_AN_HOUR = 1801;

describe("pieces of expired orders", () => {
  it("go to who needs them, by closing those orders first", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 3);
    const first = await order(shop, sku, 3);
    await expect(order(shop, sku, 1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    shop.advance(HALF_AN_HOUR);
    const second = await order(shop, sku, 2);
    expect(second.status).toBe("PENDING");
    expect(await getOrder(shop.ctx, first.customer, first.orderId)).toMatchObject({
      status: "CLOSED",
      closeReason: "EXPIRED",
    });
    expect(await stockOf(shop, sku)).toEqual([3, 2]);
    expect(await journalOf(shop, sku)).toEqual([3, 2]);
  });

  it("stay with an order that turns out to be paid", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 1);
    const { customer, orderId, amount } = await order(shop, sku, 1);
    const request = { method: METHOD_OF.wechat, orderId, amount };
    const { payment } = await shop.manager.create(customer, "wechat", request);
    await payAt("wechat", payment.outTradeNo);
    const past = new Date(Date.now() - 1000);
    await shop.db.update(orders).set({ expiresAt: past, nextCheckAt: past }).where(eq(orders.id, orderId));
    await expect(order(shop, sku, 1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "PAID" });
    await expectBooksInOrder(shop, { orderIds: [orderId], skus: [sku], users: [customer.id] });
  });

  it("are sold once, however many want them", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 2);
    await order(shop, sku, 1);
    await order(shop, sku, 1);
    const isolates = Array.from({ length: 4 }, () => openShop());
    for (const isolate of isolates) isolate.advance(HALF_AN_HOUR);
    const wanting = isolates.flatMap((isolate) => [
      order(isolate, sku, 1),
      order(isolate, sku, 1),
      order(isolate, sku, 1),
    ]);
    const made = (await Promise.allSettled(wanting)).filter(({ status }) => status === "fulfilled");
    expect(made.length).toBeLessThanOrEqual(2);
    expect(await stockOf(shop, sku)).toEqual([2, made.length]);
    expect(await journalOf(shop, sku)).toEqual([2, made.length]);
    expect(isolates.flatMap(({ contention }) => contention)).toEqual([]);
  });

  it("go to who needs them though another order can't be closed", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 2);
    const stuck = await order(shop, sku, 1);
    const request = { method: METHOD_OF.wechat, orderId: stuck.orderId, amount: stuck.amount };
    await shop.manager.create(stuck.customer, "wechat", request);
    const idle = await order(shop, sku, 1);
    shop.advance(HALF_AN_HOUR);
    const providers = new ProviderRegistry([shop.ctx.providers.get("alipay")]);
    const withoutWechat = { ...shop, ctx: { ...shop.ctx, providers } };
    await order(withoutWechat, sku, 1);
    await expect(order(withoutWechat, sku, 1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect(await getOrder(shop.ctx, idle.customer, idle.orderId)).toMatchObject({ status: "CLOSED" });
    expect(await getOrder(shop.ctx, stuck.customer, stuck.orderId)).toMatchObject({ status: "CLOSING" });
    expect([await stockOf(shop, sku), await journalOf(shop, sku)]).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it("stay with orders that can still be paid, and with those that hold something else", async () => {
    const shop = openShop();
    const [sku, other] = [await newSku(shop, 2), await newSku(shop, 2)];
    const elsewhere = await order(shop, other, 1);
    shop.advance(HALF_AN_HOUR);
    const payable = await order(shop, sku, 2);
    await expect(order(shop, sku, 1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    for (const { customer, orderId } of [elsewhere, payable]) {
      expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "PENDING" });
    }
  });

  it("are freed of five orders at the most, however many there are", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 7);
    const made = [];
    for (let n = 0; n < 7; n++) made.push(await order(shop, sku, 1));
    shop.advance(HALF_AN_HOUR);
    await expect(order(shop, sku, 6)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect(await stockOf(shop, sku)).toEqual([7, 2]);
    await order(shop, sku, 7);
    expect(await journalOf(shop, sku)).toEqual([7, 7]);
  });
});

describe("a buyer", () => {
  const settings = { openOrdersPerBuyer: 3 };

  it("has so many orders open and no more, also when they are made at once", async () => {
    const shop = openShop({ settings });
    const sku = await newSku(shop, 100);
    const customer = await newCustomer(shop);
    const request = { userId: customer.id, items: [{ sku, quantity: 1 }] };
    const isolates = Array.from({ length: 20 }, () => openShop({ settings }));
    const attempts = isolates.map((isolate) => createOrder(isolate.ctx, customer, request));
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(["TOO_MANY_OPEN_ORDERS"]));
    expect(refusals[0]).toMatchObject({ details: { issues: [{ message: "3 orders may be open" }] } });
    expect(await stockOf(shop, sku)).toEqual([100, 3]);
  });

  it("may order again once an order has been cancelled; a service may order for them all the same", async () => {
    const shop = openShop({ settings: { openOrdersPerBuyer: 1 } });
    const sku = await newSku(shop, 10);
    const customer = await newCustomer(shop);
    const request = { userId: customer.id, items: [{ sku, quantity: 1 }] };
    const { orderId } = await createOrder(shop.ctx, customer, request);
    await expect(createOrder(shop.ctx, customer, request)).rejects.toMatchObject({ code: "TOO_MANY_OPEN_ORDERS" });
    await createOrder(shop.ctx, SERVICE, request);
    await cancelOrder(shop.ctx, customer, orderId);
    await expect(createOrder(shop.ctx, customer, request)).rejects.toMatchObject({ code: "TOO_MANY_OPEN_ORDERS" });
    expect(await stockOf(shop, sku)).toEqual([10, 1]);
  });

  it("orders without waiting for what others do to the orders of before", async () => {
    const shop = openShop({ settings });
    const { customer, orderId, sku } = await newPaidOrder(shop, "alipay");
    await shop.db.transaction(async (others) => {
      await others.execute(sql`select * from orders where id = ${orderId} for update`);
      const request = { userId: customer.id, items: [{ sku, quantity: 1 }] };
      expect(await createOrder(shop.ctx, customer, request)).toMatchObject({ status: "PENDING" });
    });
  });
});
