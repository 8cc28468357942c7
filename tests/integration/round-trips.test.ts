/** The budget: on serverless MySQL each statement is a journey, so each operation may take so many and no more. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { startAfresh } from "./support/afresh.ts";
import { advanceSandbox, deliver, payAt, roundTrips, type SignedDelivery, takeDeliveries } from "./support/controls.ts";
import { METHOD_OF, newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, type Shop, type ShopOptions, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;

/** How many round trips an operation makes until it answers. What it defers is done afterwards and not counted. */
async function tripsOf(operation: (shop: Shop) => Promise<unknown>, options: ShopOptions = {}): Promise<number> {
  const requestId = unique("request");
  const shop = openShop({ ...options, requestId });
  await operation(shop);
  await shop.idle();
  return roundTrips(requestId);
}

async function onlyDelivery(outTradeNo: string): Promise<SignedDelivery> {
  const [delivery, ...others] = await takeDeliveries(outTradeNo);
  if (!delivery || others.length > 0) throw new Error("expected one delivery");
  return delivery;
}

it.each([
  ["without a key", undefined],
  ["with an idempotency key", "key"],
])("makes an order of three SKUs in five round trips %s", async (_, key) => {
  const setup = openShop();
  const customer = await newCustomer(setup);
  const skus = await Promise.all([1, 2, 3].map(() => newSku(setup, 5)));
  const request = { userId: customer.id, items: skus.map((sku) => ({ sku, quantity: 1 })) };
  const idempotencyKey = key && unique(key);
  expect(await tripsOf((shop) => createOrder(shop.ctx, customer, request, idempotencyKey))).toBe(5);
});

it("makes an order that uses points in six", async () => {
  const setup = openShop();
  const customer = await newCustomer(setup, 900);
  const sku = await newSku(setup, 5, fen(1000));
  const request = { userId: customer.id, items: [{ sku, quantity: 1 }], pointsToUse: 900 };
  expect(await tripsOf((shop) => createOrder(shop.ctx, customer, request, unique("key")))).toBe(6);
});

it("spends no more on an order whose payment earns points than on one that uses them", async () => {
  const earning = { settings: { pointsPerYuan: 1 } };
  const setup = openShop();
  const customer = await newCustomer(setup, 900);
  const sku = await newSku(setup, 5, fen(1000));
  const request = { userId: customer.id, items: [{ sku, quantity: 1 }], pointsToUse: 900 };
  expect(await tripsOf((shop) => createOrder(shop.ctx, customer, request, unique("key")), earning)).toBe(6);
});

it.each(CHANNELS)("opens a %s payment in three, and hands it out again in one", async (channel) => {
  const { customer, orderId, amount } = await newOrder(openShop());
  const request = { method: METHOD_OF[channel], orderId, amount };
  expect(await tripsOf((shop) => shop.manager.create(customer, channel, request))).toBe(3);
  expect(await tripsOf((shop) => shop.manager.create(customer, channel, request))).toBe(1);
});

it("pays by points in three and the settlement's one", async () => {
  const { customer, orderId, amount } = await newOrder(openShop(), { points: 5000 });
  const request = { method: "POINTS", orderId, amount } as const;
  expect(await tripsOf((shop) => shop.manager.create(customer, "points", request))).toBe(4);
});

it.each(CHANNELS)("settles a %s callback in one round trip before it answers", async (channel) => {
  const setup = openShop({ settings: { pointsPerYuan: 1, pointsDays: 1 } });
  const purchase = await newOrder(setup, { points: 500, pointsToUse: 500 });
  const outTradeNo = await startPayment(setup, purchase, channel);
  await payAt(channel, outTradeNo);
  const delivery = await onlyDelivery(outTradeNo);
  expect(await tripsOf((shop) => deliver(shop, channel, delivery))).toBe(1);
  expect(await tripsOf((shop) => deliver(shop, channel, delivery))).toBeLessThanOrEqual(2);
});

it("applies a refund callback in one round trip before it answers", async () => {
  const setup = openShop({ settings: { pointsPerYuan: 1 } });
  const { orderId, outTradeNo } = await newPaidOrder(setup, "wechat", { points: 500, pointsToUse: 500 });
  await setup.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund"));
  await advanceSandbox(60);
  const delivery = await onlyDelivery(outTradeNo);
  expect(await tripsOf((shop) => deliver(shop, "wechat", delivery))).toBe(1);
});

it.each(CHANNELS)("answers a query of a paid %s order in one, without asking the provider", async (channel) => {
  const { customer, orderId } = await newPaidOrder(openShop(), channel);
  expect(await tripsOf((shop) => shop.manager.query(customer, channel, orderId))).toBe(1);
});

it("turns forged callbacks away without a single round trip", async () => {
  const setup = openShop();
  const { outTradeNo } = await newPaidOrder(setup, "wechat");
  const [genuine] = await takeDeliveries(outTradeNo, true);
  if (!genuine) throw new Error("no callback");
  const forged = { ...genuine, body: new TextEncoder().encode("{}") };
  expect(await tripsOf((shop) => deliver(shop, "wechat", forged))).toBe(0);
  expect(await tripsOf((shop) => deliver(shop, "alipay", forged))).toBe(0);
});
