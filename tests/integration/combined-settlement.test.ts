/** One payment for several orders: each is settled by itself, and the callback is acknowledged when all are on record. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { world } from "../setup/slot.ts";
import { runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { numberOf, orderStatuses, startCombined, statesOf, twoOrders } from "./support/combined.ts";
import {
  clearFaults,
  deliver,
  deliverAll,
  payAt,
  roundTrips,
  setFaults,
  signedCallback,
  takeDeliveries,
} from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, closeInTheBooks, refundedAtProvider } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Two orders whose one payment has been paid, and not told. */
async function paidTogether(shop: Shop) {
  const purchases = await twoOrders(shop);
  const [first, second] = purchases;
  const answer = await startCombined(shop, purchases);
  const numbers = [numberOf(answer, first), numberOf(answer, second)] as const;
  await payAt("wechat", numbers[0]);
  return { purchases, first, second, numbers, combineOutTradeNo: answer.payment.combineOutTradeNo };
}

async function outcomeOf(shop: Shop, number: string) {
  const rows = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, number));
  return rows.map(({ outcome, deliveries }) => [outcome, deliveries]);
}

it("pays all orders by one callback, and none of them twice by its repeat", async () => {
  const shop = openShop();
  const { purchases, combineOutTradeNo } = await paidTogether(shop);
  const [callback] = await takeDeliveries(combineOutTradeNo);
  if (!callback) throw new Error("no callback");
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await outcomeOf(shop, combineOutTradeNo)).toEqual([["APPLIED", 1]]);
  expect(await statesOf(shop, combineOutTradeNo)).toEqual(["SUCCESS", "SUCCESS"]);
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await outcomeOf(shop, combineOutTradeNo)).toEqual([["REPEATED", 2]]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("settles each order in one round trip", async () => {
  const { combineOutTradeNo } = await paidTogether(openShop());
  const [callback] = await takeDeliveries(combineOutTradeNo);
  if (!callback) throw new Error("no callback");
  const requestId = unique("request");
  const shop = openShop({ requestId });
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await roundTrips(requestId)).toBe(2);
});

it("holds the wrong amount of one order, and pays the other", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const answer = await startCombined(shop, purchases);
  const [right, wrong] = purchases;
  const number = numberOf(answer, wrong);
  await payAt("wechat", number, 1);
  const [told] = await deliverAll(shop, "wechat", answer.payment.combineOutTradeNo);
  expect(told).toMatchObject({ status: 200 });
  expect(await orderStatuses(shop, [right, wrong])).toEqual(["PAID", "PENDING"]);
  expect(await attemptOf(shop, number)).toMatchObject({ disposition: "UNAPPLIED", policy: "HOLD", received: 1 });
  expect(await anomaliesOf(shop, number)).toEqual(["WRONG_AMOUNT"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("gives the money of a closed order back, and pays the other", async () => {
  const shop = openShop();
  const { purchases, first, second, numbers, combineOutTradeNo } = await paidTogether(shop);
  await Promise.all(numbers.map((number) => closeInTheBooks(shop, number)));
  await cancelOrder(shop.ctx, second.customer, second.orderId);
  expect(await deliverAll(shop, "wechat", combineOutTradeNo)).toMatchObject([{ status: 200 }]);
  await runJobsToTheEnd(shop);
  expect(await orderStatuses(shop, [first, second])).toEqual(["PAID", "CLOSED"]);
  expect(await refundedAtProvider(numbers[1])).toBe(3000);
  expect(await refundedAtProvider(numbers[0])).toBe(0);
  expect(await anomaliesOf(shop, numbers[1])).toEqual(["LATE_PAYMENT"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("lets the callback come again when one order could not be booked, and books only that one then", async () => {
  const shop = openShop();
  const { purchases, first, second, numbers, combineOutTradeNo } = await paidTogether(shop);
  const [callback] = await takeDeliveries(combineOutTradeNo);
  if (!callback) throw new Error("no callback");
  const match = `\`payment_transactions\`.\`out_trade_no\` = '${numbers[1]}'`;
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "503" })) });
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 500 });
  expect(await orderStatuses(shop, [first, second])).toEqual(["PAID", "PENDING"]);
  await clearFaults();
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await orderStatuses(shop, [first, second])).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("refunds one order of a combined payment like any other", async () => {
  const shop = openShop();
  const { purchases, first, second, numbers, combineOutTradeNo } = await paidTogether(shop);
  await deliverAll(shop, "wechat", combineOutTradeNo);
  const request = { provider: "wechat", orderId: second.orderId, reason: "退货" } as const;
  await shop.manager.refund(OPERATOR, request, unique("refund"));
  await runJobsToTheEnd(shop);
  await deliverAll(shop, "wechat", numbers[1]);
  expect(await getOrder(shop.ctx, OPERATOR, second.orderId)).toMatchObject({ refundState: "FULL" });
  expect(await getOrder(shop.ctx, OPERATOR, first.orderId)).toMatchObject({ refundState: "NONE" });
  expect(await refundedAtProvider(numbers[1])).toBe(3000);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

/** A callback about a combined payment with whatever members a test wants, validly signed. */
function combinedCallback(members: {
  readonly appId?: string | undefined;
  readonly combineOutTradeNo: string;
  readonly numbers: readonly string[];
}) {
  const { env } = world();
  const trade = {
    mchid: env.WECHAT_MCH_ID,
    trade_state: "SUCCESS",
    transaction_id: "4200000000202611221234567890",
    success_time: "2026-11-22T12:00:00+08:00",
    amount: { total_amount: 3000, currency: "CNY", payer_amount: 3000, payer_currency: "CNY" },
  };
  const plaintext = JSON.stringify({
    combine_appid: members.appId ?? env.WECHAT_APP_ID,
    combine_mchid: env.WECHAT_MCH_ID,
    combine_out_trade_no: members.combineOutTradeNo,
    sub_orders: members.numbers.map((number) => ({ ...trade, out_trade_no: number, attach: "order" })),
  });
  return signedCallback({ provider: "wechat", callback: "trade", plaintext });
}

it.each([
  ["another application of ours", "WECHAT_MINI_APP_ID"],
  ["another application of ours", "WECHAT_MOBILE_APP_ID"],
] as const)("changes nothing for a callback that names %s (%s)", async (_, variable) => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const { payment } = await startCombined(shop, purchases);
  const numbers = payment.orders.map(({ outTradeNo }) => outTradeNo);
  const { combineOutTradeNo } = payment;
  const callback = await combinedCallback({ appId: world().env[variable], combineOutTradeNo, numbers });
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 401 });
  expect(await statesOf(shop, combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
  expect(await orderStatuses(shop, purchases)).toEqual(["PENDING", "PENDING"]);
});

it("puts each number that nobody gave out before an operator", async () => {
  const shop = openShop();
  const numbers = [unique("unknown"), unique("unknown")];
  const callback = await combinedCallback({ combineOutTradeNo: unique("combined"), numbers });
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  for (const number of numbers) expect(await anomaliesOf(shop, number)).toEqual(["UNKNOWN_TRADE"]);
});
