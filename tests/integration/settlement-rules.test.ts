/** Which money pays an order and which stands beside it, and what becomes of pieces that come back. */
import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { pointsLogs } from "../../db/schema/points.ts";
import { inventoryItems } from "../../db/schema/stock.ts";
import { fen } from "../../src/money.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { openByBoth } from "./support/both-methods.ts";
import { deliver, deliverAll, payAt, signedCallback } from "./support/controls.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, closeInTheBooks, refundedAtProvider } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;

it("puts a piece on the shelf once when two refunds name it", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "alipay");
  const { orderId, sku, outTradeNo } = purchase;
  const both = {
    provider: "alipay",
    orderId,
    amount: fen(1500),
    reason: "退货",
    items: [{ sku, quantity: 2 }],
  } as const;
  const keys = [unique("refund"), unique("refund")];
  const results = await Promise.allSettled(keys.map((key) => openShop().manager.refund(OPERATOR, both, key)));
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  // Whether or not the loser was told to wait: later the pieces are gone.
  await letPass(shop, 3);
  const loser = keys[results.findIndex((result) => result.status === "rejected")] ?? "";
  const again = shop.manager.refund(OPERATOR, both, loser);
  await expect(again).rejects.toMatchObject({ code: "REFUND_ITEMS_EXCEED_ORDER" });
  const money = { provider: "alipay", orderId, reason: "余款", items: [] } as const;
  expect((await shop.manager.refund(OPERATOR, money, unique("refund"))).amount).toBe(1500);
  await deliverAll(shop, "alipay", outTradeNo);
  expect(await stockOf(shop, sku)).toEqual([10, 0]);
  expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundState: "FULL", refundedAmount: 3000 });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("gives a second payment back by itself, and leaves the order's own refund possible in full", async () => {
  const shop = openShop();
  const purchase = await openByBoth(shop, "alipay");
  const { older: first, newer: second } = purchase;
  for (const [channel, outTradeNo] of [
    ["alipay", first],
    ["wechat", second],
  ] as const) {
    await payAt(channel, outTradeNo);
    await deliverAll(shop, channel, outTradeNo);
  }
  await letPass(shop, 60);
  await deliverAll(shop, "wechat", second);
  expect(await attemptOf(shop, first)).toMatchObject({ disposition: "APPLIED" });
  expect(await attemptOf(shop, second)).toMatchObject({
    unappliedReason: "SECOND",
    policy: "REFUND",
    refunded: 3000,
  });
  expect(await anomaliesOf(shop, second)).toEqual(["SECOND_PAYMENT"]);
  expect(await stockOf(shop, purchase.sku)).toEqual([8, 0]);
  const request = { provider: "alipay", orderId: purchase.orderId, reason: "退货" } as const;
  expect((await shop.manager.refund(OPERATOR, request, unique("refund"))).amount).toBe(3000);
  await runJobsToTheEnd(shop);
  expect(await stockOf(shop, purchase.sku)).toEqual([10, 0]);
  expect(await Promise.all([first, second].map(refundedAtProvider))).toEqual([3000, 3000]);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each(CHANNELS)("lets %s money on a closed attempt pay an order that is still open", async (channel) => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo);
  await closeInTheBooks(shop, outTradeNo);
  const [answer] = await deliverAll(shop, channel, outTradeNo);
  expect(answer?.status).toBe(200);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PAID" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each(CHANNELS)("settles nothing with a wrong amount from %s, holds it and tells an operator", async (channel) => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo, 2999);
  expect((await deliverAll(shop, channel, outTradeNo))[0]?.status).toBe(200);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({
    state: "SUCCESS",
    disposition: "UNAPPLIED",
    unappliedReason: "WRONG_AMOUNT",
    policy: "HOLD",
    received: 2999,
  });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["WRONG_AMOUNT"]);
  await runJobsToTheEnd(shop);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "CLOSED" });
  expect(await refundedAtProvider(outTradeNo)).toBe(0);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each(CHANNELS)("does not let %s money be told twice with two amounts", async (channel) => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo, 2999);
  await deliverAll(shop, channel, outTradeNo);
  const fields = channel === "wechat" ? { amount: { total: 3000 } } : { total_amount: "30.00" };
  const callback = await signedCallback({ provider: channel, callback: "trade", outTradeNo, fields });
  expect((await deliver(shop, channel, callback)).status).toBe(200);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ disposition: "UNAPPLIED", received: 2999 });
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each([
  ["a shelf", (shop: Shop, { sku }: Purchase) => shop.db.delete(inventoryItems).where(eq(inventoryItems.sku, sku))],
  [
    "the entry of held points",
    (shop: Shop, { orderId }: Purchase) =>
      shop.db.delete(pointsLogs).where(and(eq(pointsLogs.kind, "HOLD"), eq(pointsLogs.causeId, orderId))),
  ],
])("holds the money of an order whose books lack %s, and tells an operator", async (_, lose) => {
  const shop = openShop();
  const purchase = await newOrder(shop, { points: 500, pointsToUse: 500 });
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo);
  await lose(shop, purchase);
  expect((await deliverAll(shop, "wechat", outTradeNo))[0]?.status).toBe(200);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({
    state: "SUCCESS",
    disposition: "UNAPPLIED",
    unappliedReason: "BOOKS_REFUSED",
    policy: "HOLD",
    received: purchase.amount,
    nextCheckAt: null,
  });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["BOOKS_REFUSED"]);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
});
