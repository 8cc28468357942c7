/** Attempts whose end nobody has confirmed: they stay open in the books until the provider says so, and are not forgotten. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { openByBoth } from "./support/both-methods.ts";
import { numberOf, startCombined, twoOrders } from "./support/combined.ts";
import { deliverAll, misbehave, payAt, sandbox } from "./support/controls.ts";
import { newOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;
const MINUTE = 60;

function anomaliesOfAttempt(shop: Shop, outTradeNo: string) {
  const { kind, state, seen } = anomalies;
  return shop.db.select({ kind, state, seen }).from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));
}

it.each(CHANNELS)(
  "tells an operator of a %s attempt that is in doubt an hour after its deadline, as one anomaly",
  async (channel) => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, channel);
    for (const operation of ["close", "query"]) await misbehave({ kind: "http_500", operation, times: 1000 });
    await letPass(shop, (30 + 50) * MINUTE);
    await synchroniseAttempts(shop.ctx, 50);
    expect(await anomaliesOfAttempt(shop, outTradeNo)).toEqual([]);
    for (const seen of [1, 2]) {
      await letPass(shop, 31 * MINUTE);
      await synchroniseAttempts(shop.ctx, 50);
      expect(await anomaliesOfAttempt(shop, outTradeNo)).toEqual([{ kind: "PAYMENT_IN_DOUBT", state: "OPEN", seen }]);
    }
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSING" });
    await sandbox("DELETE", "faults");
    await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSED" });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  },
);

it.each([
  ["wechat", "alipay", "CLOSED"],
  ["alipay", "wechat", "CLOSING"],
] as const)(
  "closes the older of two attempts that were opened at once (%s), and %s is paid",
  async (olderBy, newerBy, left) => {
    const shop = openShop();
    const purchase = await openByBoth(shop, olderBy);
    expect(await attemptOf(shop, purchase.older)).toMatchObject({ state: "PENDING" });
    expect(await attemptOf(shop, purchase.newer)).toMatchObject({ state: "PENDING" });
    await letPass(shop, 30);
    await synchroniseAttempts(shop.ctx, 50);
    // Alipay does not know a trade that no buyer has looked at; it is watched instead.
    expect(await attemptOf(shop, purchase.older)).toMatchObject({ state: left });
    expect(await attemptOf(shop, purchase.newer)).toMatchObject({ state: "PENDING" });
    await payAt(newerBy, purchase.newer);
    await deliverAll(shop, newerBy, purchase.newer);
    expect(await getOrder(shop.ctx, purchase.customer, purchase.orderId)).toMatchObject({ status: "PAID" });
    await runJobsToTheEnd(shop);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  },
);

it("believes no error code of WeChat Pay that a trade is closed, and the money that comes settles", async () => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const { customer, orderId } = purchase;
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await misbehave({ kind: "refuse", operation: "close", code: "ORDER_CLOSED", status: 400 });
  expect(await shop.manager.close(customer, "wechat", orderId)).toMatchObject({ status: "CLOSING" });
  expect(await sandbox("GET", "faults")).toEqual([]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSING" });
  await payAt("wechat", outTradeNo);
  await deliverAll(shop, "wechat", outTradeNo);
  expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "PAID" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each([
  ["first", 0],
  ["second", 1],
])(
  "tells an operator of a combined payment's %s part that stays in doubt while the other is paid",
  async (_, index) => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const answer = await startCombined(shop, purchases);
    const numbers = purchases.map((purchase) => numberOf(answer, purchase)).toSorted();
    const [doubtful = "", paid = ""] = index === 0 ? numbers : numbers.toReversed();
    await payAt("wechat", paid);
    await sandbox("POST", `trades/wechat/${doubtful}/show`, { tradeState: "USERPAYING" });
    await letPass(shop, (30 + 61) * MINUTE);
    await synchroniseAttempts(shop.ctx, 50);
    expect(await attemptOf(shop, paid)).toMatchObject({ state: "SUCCESS", disposition: "APPLIED" });
    expect(await attemptOf(shop, doubtful)).toMatchObject({ state: "CLOSING" });
    expect(await anomaliesOfAttempt(shop, paid)).toEqual([]);
    expect(await anomaliesOfAttempt(shop, doubtful)).toMatchObject([{ kind: "PAYMENT_IN_DOUBT", state: "OPEN" }]);
  },
);
