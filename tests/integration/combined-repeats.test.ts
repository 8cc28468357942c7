/** One payment for several orders asked for again: after silence, at the same time, under the same key. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { combinedPayments, paymentTransactions } from "../../db/schema/payments.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import {
  numberOf,
  orderFor,
  orderStatuses,
  startCombined,
  statesOf,
  tradesAtProvider,
  twoOrders,
} from "./support/combined.ts";
import { clearFaults, deliverAll, misbehave, payAt, providerTrades, sandbox, setFaults } from "./support/controls.ts";
import { heard } from "./support/heard.ts";
import { STATEMENTS } from "./support/interleave.ts";
import { type Purchase, subjectsOf } from "./support/purchases.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

async function attemptsFor(shop: Shop, { orderId }: Purchase) {
  return await shop.db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId));
}

describe("under an idempotency key", () => {
  it("is the same payment again, also when it is paid", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    const opened = await startCombined(shop, purchases, key);
    await payAt("wechat", numberOf(opened, purchases[0]));
    await deliverAll(shop, "wechat", opened.payment.combineOutTradeNo);
    const again = await startCombined(shop, purchases, key);
    expect(again).toMatchObject({ created: false, payment: { status: "SUCCESS" } });
    expect(again.payment.combineOutTradeNo).toBe(opened.payment.combineOutTradeNo);
  });

  it("is no success when its money came too late for one of the orders", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    const opened = await startCombined(shop, purchases, key);
    await payAt("wechat", numberOf(opened, purchases[0]));
    const closed = { state: "CLOSED", closedAt: new Date() } as const;
    await shop.db.update(orders).set(closed).where(eq(orders.id, purchases[0].orderId));
    await deliverAll(shop, "wechat", opened.payment.combineOutTradeNo);
    expect(await orderStatuses(shop, purchases)).toEqual(["CLOSED", "PAID"]);
    await expect(startCombined(shop, purchases, key)).rejects.toMatchObject({ code: "PAYMENT_CLOSED" });
  });

  it("refuses other orders", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    await startCombined(shop, purchases, key);
    const others = [purchases[0], await orderFor(shop, purchases[0].customer)];
    await expect(startCombined(shop, others, key)).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("goes on where the call before broke off, before any order had its attempt", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    await setFaults({
      fail: [1, 2].map((at) => ({ at, match: STATEMENTS.insertAttempt, when: "before", how: "drop" })),
    });
    await expect(startCombined(shop, purchases, key)).rejects.toThrow("did not answer");
    await clearFaults();
    expect(await providerTrades()).toEqual([]);
    const { customer } = purchases[0];
    const [recorded, ...more] = await shop.db
      .select()
      .from(combinedPayments)
      .where(eq(combinedPayments.userId, customer.id));
    expect(more).toEqual([]);
    const { payment } = await startCombined(shop, purchases, key);
    expect(payment.combineOutTradeNo).toBe(recorded?.combineOutTradeNo);
    expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
    expect(await tradesAtProvider(payment.combineOutTradeNo)).toEqual(["open", "open"]);
  });

  it("makes one payment of two calls at once", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    const calls = await Promise.allSettled([
      startCombined(shop, purchases, key),
      startCombined(openShop(), purchases, key),
    ]);
    const { payment } = await startCombined(shop, purchases, key);
    for (const told of heard(calls)) expect(told.payment.combineOutTradeNo).toBe(payment.combineOutTradeNo);
    expect(await providerTrades()).toHaveLength(2);
  });
});

it("makes one payment of two calls at once without a key, or has one of them come again", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const calls = await Promise.allSettled([startCombined(shop, purchases), startCombined(openShop(), purchases)]);
  await shop.idle();
  for (const call of calls) {
    if (call.status === "rejected") expect(call.reason).toMatchObject({ code: "REQUEST_IN_PROGRESS" });
  }
  const { payment } = await startCombined(shop, purchases);
  expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
  await payAt("wechat", payment.orders[0]?.outTradeNo ?? "");
  await deliverAll(shop, "wechat", payment.combineOutTradeNo);
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

describe("when the provider gives trouble", () => {
  it.each([
    ["timeout_before", "PROVIDER_SILENT"],
    ["timeout_after", "PROVIDER_SILENT"],
    ["http_500", "PROVIDER_SILENT"],
    ["bad_signature", "PROVIDER_UNINTELLIGIBLE"],
    ["http_429", "PROVIDER_BUSY"],
  ] as const)("%s: says %s, and the repeat goes on with the same number", async (kind, code) => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const purchases = await twoOrders(shop);
    await misbehave({ kind, operation: "combine_create", times: 9 });
    const trouble = await startCombined(shop, purchases).catch((error: unknown) => error);
    const [attempt] = await attemptsFor(shop, purchases[0]);
    expect(attempt).toMatchObject({ state: "CREATED" });
    expect(trouble).toMatchObject({ code, details: { transactionId: attempt?.combineOutTradeNo } });
    await startAgain(shop, purchases, attempt?.combineOutTradeNo);
    await expectBooksInOrder(shop, subjectsOf(...purchases));
  });

  async function startAgain(shop: Shop, purchases: readonly Purchase[], number: string | null | undefined) {
    await liftFaults();
    const { payment } = await startCombined(shop, purchases);
    expect(payment.combineOutTradeNo).toBe(number);
    await payAt("wechat", payment.orders[1]?.outTradeNo ?? "");
    await deliverAll(shop, "wechat", payment.combineOutTradeNo);
    expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  }

  const liftFaults = () => sandbox("DELETE", "faults");

  it("a refusal of the first send ends all attempts, and the next payment has numbers of its own", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    await misbehave({ kind: "refuse", operation: "combine_create", code: "PARAM_ERROR", status: 400 });
    const key = unique("key");
    const refusal = { code: "PROVIDER_REFUSED", details: { providerCode: "PARAM_ERROR" } };
    await expect(startCombined(shop, purchases, key)).rejects.toMatchObject(refusal);
    const [failed] = await attemptsFor(shop, purchases[1]);
    expect(failed).toMatchObject({ state: "FAILED", failureCode: "PARAM_ERROR" });
    await expect(startCombined(shop, purchases, key)).rejects.toMatchObject(refusal);
    const { payment } = await startCombined(shop, purchases);
    expect(payment.combineOutTradeNo).not.toBe(failed?.combineOutTradeNo);
    expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
  });

  it("a refusal after silence proves nothing, and the money that came settles", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const purchases = await twoOrders(shop);
    await misbehave({ kind: "timeout_after", operation: "combine_create", times: 9 });
    await expect(startCombined(shop, purchases)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    await liftFaults();
    const [attempt] = await attemptsFor(shop, purchases[0]);
    await payAt("wechat", attempt?.outTradeNo ?? "");
    await expect(startCombined(shop, purchases)).rejects.toMatchObject({ code: "ORDER_PAID" });
    expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
    await expectBooksInOrder(shop, subjectsOf(...purchases));
  });
});
