/** A combined payment ends as a whole: none of its orders can be paid by it then, and all can be paid anew. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { closeCombined } from "../../src/payments/combined/close-combined.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import {
  numberOf,
  orderFor,
  orderStatuses,
  partsOf,
  startCombined,
  statesOf,
  tradesAtProvider,
  twoOrders,
} from "./support/combined.ts";
import { deliverAll, misbehave, payAt, sandbox } from "./support/controls.ts";
import { startPayment, subjectsOf } from "./support/purchases.ts";
import { newCustomer, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;

/** Two orders with one open payment. */
async function openTogether(shop: Shop) {
  const purchases = await twoOrders(shop);
  const [first, second] = purchases;
  const answer = await startCombined(shop, purchases);
  const { combineOutTradeNo } = answer.payment;
  return { purchases, first, second, customer: first.customer, combineOutTradeNo, number: numberOf(answer, first) };
}

it("closes, at the provider too, and leaves the orders to be paid anew", async () => {
  const shop = openShop();
  const { purchases, customer, combineOutTradeNo } = await openTogether(shop);
  const closed = await closeCombined(shop.ctx, customer, "wechat", combineOutTradeNo);
  expect(closed).toMatchObject({ status: "CLOSED", orders: [{ status: "CLOSED" }, { orderStatus: "PENDING" }] });
  expect(await tradesAtProvider(combineOutTradeNo)).toEqual(["closed", "closed"]);
  expect(await closeCombined(shop.ctx, customer, "wechat", combineOutTradeNo)).toEqual(closed);
  const anew = await startCombined(shop, purchases);
  expect(anew.payment.combineOutTradeNo).not.toBe(combineOutTradeNo);
  await payAt("wechat", anew.payment.orders[0]?.outTradeNo ?? "");
  await deliverAll(shop, "wechat", anew.payment.combineOutTradeNo);
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("turns out paid when it was, and pays all orders", async () => {
  const shop = openShop();
  const { purchases, customer, combineOutTradeNo, number } = await openTogether(shop);
  await payAt("wechat", number);
  const closing = () => closeCombined(shop.ctx, customer, "wechat", combineOutTradeNo);
  await expect(closing()).rejects.toMatchObject({ code: "ORDER_PAID" });
  await expect(closing()).rejects.toMatchObject({ code: "ORDER_PAID" });
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("closes with the cancelled one of its orders, and the other can be paid alone", async () => {
  const shop = openShop();
  const { purchases, first, second, customer, combineOutTradeNo } = await openTogether(shop);
  expect(await cancelOrder(shop.ctx, customer, second.orderId)).toMatchObject({ status: "CLOSED" });
  expect(await statesOf(shop, combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
  expect(await tradesAtProvider(combineOutTradeNo)).toEqual(["closed", "closed"]);
  const single = await startPayment(shop, first, "wechat");
  await payAt("wechat", single);
  await deliverAll(shop, "wechat", single);
  expect(await orderStatuses(shop, [first, second])).toEqual(["PAID", "CLOSED"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("pays both orders when one is cancelled too late", async () => {
  const shop = openShop();
  const { purchases, second, customer, number } = await openTogether(shop);
  await payAt("wechat", number);
  await expect(cancelOrder(shop.ctx, customer, second.orderId)).rejects.toMatchObject({ code: "ORDER_PAID" });
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("closes as a whole when the payment of one of its orders is closed", async () => {
  const shop = openShop();
  const { purchases, first, second, customer, combineOutTradeNo } = await openTogether(shop);
  expect(await shop.manager.close(customer, "wechat", first.orderId)).toMatchObject({ status: "CLOSED" });
  expect(await statesOf(shop, combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
  expect(await shop.manager.query(customer, "wechat", second.orderId)).toMatchObject({ status: "CLOSED" });
  expect(await orderStatuses(shop, purchases)).toEqual(["PENDING", "PENDING"]);
});

it("ends with the first of its orders whose time is over", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const first = await orderFor(shop, customer);
  await letPass(shop, 20 * MINUTE);
  const second = await orderFor(shop, customer);
  const { payment } = await startCombined(shop, [first, second]);
  await letPass(shop, 11 * MINUTE);
  await runJobs(shop.ctx);
  expect(await orderStatuses(shop, [first, second])).toEqual(["CLOSED", "PENDING"]);
  expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
  expect(await startPayment(shop, second, "wechat")).toMatch(/.+/);
  await expectBooksInOrder(shop, subjectsOf(first, second));
});

it("stays CLOSING while the provider is silent, and a job ends it by one call for all", async () => {
  const shop = openShop();
  const { customer, combineOutTradeNo } = await openTogether(shop);
  await misbehave({ kind: "http_500", operation: "combine_close", times: 20 });
  await misbehave({ kind: "http_500", operation: "combine_query", times: 20 });
  const closing = await closeCombined(shop.ctx, customer, "wechat", combineOutTradeNo);
  expect(closing).toMatchObject({ status: "CLOSING", orders: [{ status: "CLOSING" }, { status: "CLOSING" }] });
  await sandbox("DELETE", "faults");
  await letPass(shop, MINUTE);
  await runJobs(shop.ctx);
  expect(await statesOf(shop, combineOutTradeNo)).toEqual(["CLOSED", "CLOSED"]);
});

it("leaves nothing stuck when the request never went out", async () => {
  const shop = openShop({ providerTimeoutMs: 250 });
  const purchases = await twoOrders(shop);
  await misbehave({ kind: "timeout_before", operation: "combine_create", times: 9 });
  const silence = await startCombined(shop, purchases).catch((error: unknown) => error);
  await sandbox("DELETE", "faults");
  expect(silence).toMatchObject({ code: "PROVIDER_SILENT", details: { transactionId: expect.stringMatching(/^C/) } });
  const { customer, orderId } = purchases[1];
  expect(await shop.manager.query(customer, "wechat", orderId)).toMatchObject({ status: "PENDING" });
  await letPass(shop, MINUTE);
  await runJobs(shop.ctx);
  expect(await orderStatuses(shop, purchases)).toEqual(["PENDING", "PENDING"]);
  await letPass(shop, 30 * MINUTE);
  await runJobs(shop.ctx);
  expect(await orderStatuses(shop, purchases)).toEqual(["CLOSED", "CLOSED"]);
  expect(await shop.manager.query(customer, "wechat", orderId)).toMatchObject({ status: "CLOSED" });
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("puts one that nobody could end before an operator", async () => {
  const shop = openShop();
  const { customer, combineOutTradeNo } = await openTogether(shop);
  await misbehave({ kind: "http_500", operation: "combine_close", times: 500 });
  await misbehave({ kind: "http_500", operation: "combine_query", times: 500 });
  await closeCombined(shop.ctx, customer, "wechat", combineOutTradeNo);
  await letPass(shop, 91 * MINUTE);
  await runJobs(shop.ctx);
  const numbers = (await partsOf(shop, combineOutTradeNo)).map((part) => part.outTradeNo);
  const found = await shop.db.select().from(anomalies).where(eq(anomalies.kind, "PAYMENT_IN_DOUBT"));
  expect(found.filter(({ outTradeNo }) => numbers.includes(outTradeNo ?? ""))).toHaveLength(1);
});
