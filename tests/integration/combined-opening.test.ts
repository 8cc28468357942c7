/** Opening one payment for several orders: one deadline, one credential, and room made by what was open before. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { createCombined } from "../../src/payments/combined/create-combined.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import {
  combinedRequest,
  numberOf,
  orderFor,
  orderStatuses,
  startCombined,
  statesOf,
  tradesAtProvider,
  twoOrders,
} from "./support/combined.ts";
import { deliverAll, payAt, providerTrades } from "./support/controls.ts";
import { startPayment, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { newCustomer, openShop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;

it("is open until the first of its orders can't be paid any more", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const first = await orderFor(shop, customer);
  await letPass(shop, 10 * MINUTE);
  const purchases = [await orderFor(shop, customer), first];
  const { payment } = await startCombined(shop, purchases);
  expect(payment.expiresAt).toEqual(first.order.expiresAt);
  expect(payment.orders.map(({ amount, status }) => [amount, status])).toEqual([
    [3000, "PENDING"],
    [3000, "PENDING"],
  ]);
  const attempt = await attemptOf(shop, numberOf({ payment, created: true }, purchases[0] ?? first));
  expect(attempt?.expiresAt).toEqual(first.order.expiresAt);
});

it("hands the open one out again for the same orders, in whatever order they are named", async () => {
  const shop = openShop();
  const [first, second] = await twoOrders(shop);
  const opened = await startCombined(shop, [first, second]);
  const again = await startCombined(shop, [second, first]);
  expect(again).toEqual({ ...opened, created: false });
  expect(await providerTrades()).toHaveLength(2);
});

it("renews what has lapsed by the identical request", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const request = {
    ...combinedRequest(purchases),
    method: "WECHAT_H5",
    h5Type: "Wap",
    payerClientIp: "192.0.2.7",
  } as const;
  const open = (ip: string) =>
    createCombined(shop.ctx, purchases[0].customer, "wechat", { ...request, payerClientIp: ip });
  const opened = await open("192.0.2.7");
  await letPass(shop, 6 * MINUTE);
  const renewed = await open("198.51.100.9");
  expect(renewed.created).toBe(false);
  expect(renewed.payment.combineOutTradeNo).toBe(opened.payment.combineOutTradeNo);
  expect(renewed.payment.credentialExpiresAt?.getTime()).toBeGreaterThan(
    opened.payment.credentialExpiresAt?.getTime() ?? 0,
  );
});

it("takes the place of whatever was open for its orders, which is closed and pays nothing", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const [a, b, c] = await Promise.all([orderFor(shop, customer), orderFor(shop, customer), orderFor(shop, customer)]);
  const single = await startPayment(shop, c, "wechat");
  const earlier = await startCombined(shop, [a, b]);
  const later = await startCombined(shop, [b, c]);
  await shop.idle();
  expect(await attemptOf(shop, single)).toMatchObject({ state: "CLOSED" });
  expect(await statesOf(shop, earlier.payment.combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
  expect(await tradesAtProvider(earlier.payment.combineOutTradeNo)).toEqual(["closed", "closed"]);
  expect(await statesOf(shop, later.payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
  expect(await orderStatuses(shop, [a, b, c])).toEqual(["PENDING", "PENDING", "PENDING"]);
  await payAt("wechat", await startPayment(shop, a, "wechat"));
  await expect(payAt("wechat", numberOf(earlier, b))).rejects.toThrow("409");
});

it("gives way to a payment for one of its orders alone, by the same method", async () => {
  const shop = openShop();
  const [first, second] = await twoOrders(shop);
  const { payment } = await startCombined(shop, [first, second]);
  const single = await startPayment(shop, first, "wechat");
  await shop.idle();
  expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
  expect(await tradesAtProvider(payment.combineOutTradeNo)).toEqual(["closed", "closed"]);
  await payAt("wechat", single);
  await deliverAll(shop, "wechat", single);
  expect(await orderStatuses(shop, [first, second])).toEqual(["PAID", "PENDING"]);
  await expectBooksInOrder(shop, subjectsOf(first, second));
});
