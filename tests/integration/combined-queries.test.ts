/** Asking for a combined payment: one question is for all of its orders. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { closeCombined } from "../../src/payments/combined/close-combined.ts";
import { queryCombined } from "../../src/payments/combined/query-combined.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { numberOf, orderStatuses, startCombined, twoOrders } from "./support/combined.ts";
import { misbehave, payAt, sandbox } from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, type Shop } from "./support/shop.ts";

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

it("says how a combined payment stands, to its buyer and to the shop", async () => {
  const shop = openShop();
  const { purchases, customer, combineOutTradeNo, number } = await openTogether(shop);
  const state = await queryCombined(shop.ctx, customer, "wechat", combineOutTradeNo);
  expect(state).toMatchObject({ status: "PENDING", amount: 6000, method: "WECHAT_NATIVE" });
  expect(state.orders.map(({ orderId }) => orderId).sort()).toEqual(purchases.map(({ orderId }) => orderId).sort());
  await payAt("wechat", number);
  const paid = await queryCombined(shop.ctx, OPERATOR, "wechat", combineOutTradeNo);
  expect(paid).toMatchObject({ status: "SUCCESS", orders: [{ orderStatus: "PAID" }, { orderStatus: "PAID" }] });
  const stranger = await newCustomer(shop);
  const refusal = { code: "PAYMENT_NOT_FOUND" };
  await expect(queryCombined(shop.ctx, stranger, "wechat", combineOutTradeNo)).rejects.toMatchObject(refusal);
  await expect(closeCombined(shop.ctx, stranger, "wechat", combineOutTradeNo)).rejects.toMatchObject(refusal);
  await expect(queryCombined(shop.ctx, customer, "wechat", "C0")).rejects.toMatchObject(refusal);
});

it("is asked for as a whole when one of its orders is asked for", async () => {
  const shop = openShop();
  const { purchases, second, customer, number } = await openTogether(shop);
  expect(await shop.manager.query(customer, "wechat", second.orderId)).toMatchObject({ status: "PENDING" });
  await payAt("wechat", number);
  const paid = await shop.manager.query(customer, "wechat", second.orderId);
  expect(paid).toMatchObject({ status: "SUCCESS", orderStatus: "PAID" });
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("asks once for all orders when nobody has heard of it for a while", async () => {
  const shop = openShop();
  const { purchases, customer, combineOutTradeNo, number } = await openTogether(shop);
  await payAt("wechat", number);
  await misbehave({ kind: "stale_timestamp", operation: "combine_query", times: 100 });
  await letPass(shop, MINUTE);
  await runJobs(shop.ctx);
  const [fault] = await sandbox<{ times: number }[]>("GET", "faults");
  await sandbox("DELETE", "faults");
  const perQuery = await triesOf(shop, customer, combineOutTradeNo);
  expect(100 - (fault?.times ?? 0)).toBe(perQuery);
  expect(await queryCombined(shop.ctx, customer, "wechat", combineOutTradeNo)).toMatchObject({ status: "SUCCESS" });
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
});

/** How often one query is tried, a spoilt signature being worth another try. */
async function triesOf(shop: Shop, customer: typeof OPERATOR, combineOutTradeNo: string): Promise<number> {
  await misbehave({ kind: "stale_timestamp", operation: "combine_query", times: 100 });
  await expect(queryCombined(shop.ctx, customer, "wechat", combineOutTradeNo)).rejects.toMatchObject({
    code: "PROVIDER_UNINTELLIGIBLE",
  });
  const [fault] = await sandbox<{ times: number }[]>("GET", "faults");
  await sandbox("DELETE", "faults");
  return 100 - (fault?.times ?? 0);
}

it("learns of a payment whose callback was lost from one query, for all orders at once", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const answer = await startCombined(shop, purchases);
  await misbehave({ kind: "callback_lost" });
  await payAt("wechat", numberOf(answer, purchases[0]));
  await runJobsToTheEnd(shop);
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});
