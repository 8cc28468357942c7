import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { inventoryItems } from "../../db/schema/stock.ts";
import { PayError } from "../../src/errors.ts";
import { expireOrders } from "../../src/jobs/expire-orders.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder, listOrders } from "../../src/payments/orders/read-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { journalOf, newCustomer, newSku, openShop, SERVICE, stockOf, unique } from "./support/shop.ts";

it("prices an order from the catalogue and reserves its pieces", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const [tea, cup] = [await newSku(shop, 10, fen(1280)), await newSku(shop, 5, fen(88))];
  const order = await createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: [
      { sku: tea, quantity: 3 },
      { sku: cup, quantity: 2 },
    ],
  });
  expect(order).toMatchObject({ status: "PENDING", amount: 3 * 1280 + 2 * 88, userId: customer.id });
  expect(await stockOf(shop, tea)).toEqual([10, 3]);
  expect(await stockOf(shop, cup)).toEqual([5, 2]);
  expect(await journalOf(shop, tea)).toEqual([10, 3]);
  expect(await getOrder(shop.ctx, customer, order.orderId)).toEqual({ ...order, items: expect.any(Array) });
});

it("takes all lines or none when one of them is short, and says which", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const [plenty, scarce] = [await newSku(shop, 10), await newSku(shop, 1)];
  const items = [
    { sku: plenty, quantity: 2 },
    { sku: scarce, quantity: 2 },
  ];
  const refusal = await createOrder(shop.ctx, customer, { userId: customer.id, items }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({
    code: "OUT_OF_STOCK",
    details: { issues: [{ path: "items[1].quantity", message: "1 left" }] },
  });
  expect(await stockOf(shop, plenty)).toEqual([10, 0]);
  expect(await stockOf(shop, scarce)).toEqual([1, 0]);
  expect(await listOrders(shop.ctx, customer, { limit: 10 })).toEqual({ orders: [], next: null });
});

it("makes one order of a request that arrives twice, and refuses its key for another request", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const sku = await newSku(shop, 10);
  const request = { userId: customer.id, items: [{ sku, quantity: 1 }] };
  const key = unique("key");
  const copies = await Promise.allSettled([1, 2, 3].map(() => createOrder(shop.ctx, customer, request, key)));
  const order = await createOrder(shop.ctx, customer, request, key);
  for (const copy of copies) {
    if (copy.status === "fulfilled") expect(copy.value.orderId).toBe(order.orderId);
    else expect(copy.reason).toMatchObject({ code: "REQUEST_IN_PROGRESS" });
  }
  expect(await stockOf(shop, sku)).toEqual([10, 1]);
  const other = createOrder(shop.ctx, customer, { ...request, items: [{ sku, quantity: 2 }] }, key);
  await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
});

it("gives a repeated request its order also when the item has since been taken off sale", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const sku = await newSku(shop, 2);
  const request = { userId: customer.id, items: [{ sku, quantity: 1 }] };
  const key = unique("key");
  const order = await createOrder(shop.ctx, customer, request, key);
  await shop.db.update(inventoryItems).set({ active: false }).where(eq(inventoryItems.sku, sku));
  expect((await createOrder(shop.ctx, customer, request, key)).orderId).toBe(order.orderId);
  const anew = createOrder(shop.ctx, customer, request, unique("key"));
  await expect(anew).rejects.toMatchObject({
    code: "UNKNOWN_SKU",
    details: { issues: [{ path: "items[0].sku", message: "not for sale" }] },
  });
});

it("holds points when the order is made and gives them back when it is cancelled", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop, 500);
  const sku = await newSku(shop, 4, fen(1000));
  const order = await createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: [{ sku, quantity: 1 }],
    pointsToUse: 300,
  });
  expect(order).toMatchObject({ totalAmount: 1000, pointsToUse: 300, amount: 700 });
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 500, held: 300, available: 200 });
  const tooMuch = createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: [{ sku, quantity: 1 }],
    pointsToUse: 201,
  });
  await expect(tooMuch).rejects.toMatchObject({ code: "INSUFFICIENT_POINTS" });
  expect(await cancelOrder(shop.ctx, customer, order.orderId)).toMatchObject({
    status: "CLOSED",
    closeReason: "CANCELLED",
  });
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 500, held: 0 });
  expect(await stockOf(shop, sku)).toEqual([4, 0]);
  expect(await cancelOrder(shop.ctx, customer, order.orderId)).toMatchObject({ status: "CLOSED" });
  expect(await stockOf(shop, sku)).toEqual([4, 0]);
});

it("counts an order that leaves nothing to pay as paid at once", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop, 1000);
  const sku = await newSku(shop, 3, fen(500));
  const order = await createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: [{ sku, quantity: 2 }],
    pointsToUse: 1000,
  });
  expect(order).toMatchObject({ status: "PAID", amount: 0 });
  expect(await stockOf(shop, sku)).toEqual([1, 0]);
  expect(await journalOf(shop, sku)).toEqual([1, 0]);
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 0, held: 0 });
  const none = createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: [{ sku, quantity: 1 }],
    pointsToUse: 500,
  });
  await expect(none).rejects.toMatchObject({ code: "INSUFFICIENT_POINTS" });
});

it("lets a service add shipping and discounts, or name an amount without items", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const sku = await newSku(shop, 3, fen(500));
  const shipped = await createOrder(shop.ctx, SERVICE, {
    userId: customer.id,
    items: [{ sku, quantity: 1 }],
    adjustments: [
      { kind: "SHIPPING", amount: fen(120) },
      { kind: "DISCOUNT", amount: fen(20) },
    ],
  });
  expect(shipped.amount).toBe(600);
  const plain = await createOrder(shop.ctx, SERVICE, {
    userId: customer.id,
    items: [],
    amount: fen(9900),
    subject: "定金",
  });
  expect(plain).toMatchObject({ amount: 9900, items: [], status: "PENDING" });
  await expect(
    createOrder(shop.ctx, SERVICE, {
      userId: customer.id,
      items: [],
      amount: fen(1),
      adjustments: [{ kind: "DISCOUNT", amount: fen(2) }],
    }),
  ).rejects.toBeInstanceOf(PayError);
});

it("pages through a customer's own orders, newest first", async () => {
  const shop = openShop();
  const [customer, other] = [await newCustomer(shop), await newCustomer(shop)];
  const sku = await newSku(shop, 20);
  const made: string[] = [];
  for (let i = 0; i < 5; i++) {
    made.unshift(
      (await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 1 }] })).orderId,
    );
    await createOrder(shop.ctx, other, { userId: other.id, items: [{ sku, quantity: 1 }] });
    shop.advance(1);
  }
  const first = await listOrders(shop.ctx, customer, { limit: 3 });
  const second = await listOrders(shop.ctx, customer, { limit: 3, ...(first.next ? { before: first.next } : {}) });
  expect([...first.orders, ...second.orders].map((order) => order.orderId)).toEqual(made);
  expect(second.next).toBeNull();
  await expect(getOrder(shop.ctx, other, made[0] ?? "")).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
});

it("closes an order whose time is over and frees its pieces", async () => {
  const shop = openShop({ settings: { orderTtlMinutes: 5 } });
  const customer = await newCustomer(shop);
  const sku = await newSku(shop, 2);
  const order = await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 2 }] });
  await expireOrders(shop.ctx, 1000);
  expect((await getOrder(shop.ctx, customer, order.orderId)).status).toBe("PENDING");
  shop.advance(5 * 60 + 1);
  await expireOrders(shop.ctx, 1000);
  expect(await getOrder(shop.ctx, customer, order.orderId)).toMatchObject({ status: "CLOSED", closeReason: "EXPIRED" });
  expect(await stockOf(shop, sku)).toEqual([2, 0]);
});
