/** Requests of which each believes to be the first to send a payment, and payments that end while they are sent. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { orderStatuses, startCombined, statesOf, twoOrders } from "./support/combined.ts";
import { clearFaults, deliverAll, misbehave, payAt, sandbox, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { newOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const TO_FAIL = { when: "before", match: "set `payment_transactions`.`state` = 'FAILED'" } as const;
const SETTLE = { when: "before", match: "`payment_transactions`.`disposition` = 'APPLIED'" } as const;

it("a refusal does not count when the same request has opened the payment meanwhile", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchase = await newOrder(shop);
  const request = { method: "WECHAT_NATIVE", orderId: purchase.orderId, amount: purchase.amount } as const;
  await misbehave({ kind: "refuse", operation: "create", code: "NO_AUTH", status: 403 });
  const [one, other] = await interleave(
    TO_FAIL,
    () => shop.manager.create(purchase.customer, "wechat", request),
    () => elsewhere.manager.create(purchase.customer, "wechat", request),
  );
  if (other.status === "rejected") throw other.reason;
  expect(one).toEqual({ status: "fulfilled", value: { ...other.value, created: false } });
  await payAt("wechat", other.value.payment.outTradeNo);
  await expectAllWell(shop, purchase);
});

it("a refusal of an attempt that another method's has ended says so", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchase = await newOrder(shop);
  await misbehave({ kind: "refuse", operation: "create", code: "NO_AUTH", status: 403 });
  const [one, other] = await interleave(
    TO_FAIL,
    () => startPayment(shop, purchase, "wechat"),
    () => startPayment(elsewhere, purchase, "alipay"),
  );
  expect(other).toMatchObject({ status: "fulfilled" });
  expect(one).toMatchObject({ status: "rejected", reason: { code: "REQUEST_IN_PROGRESS" } });
  await Promise.all([shop.idle(), elsewhere.idle()]);
  await expectAllWell(shop, purchase);
});

it("a refusal does not count when the same request has opened the combined payment meanwhile", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchases = await twoOrders(shop);
  await misbehave({ kind: "refuse", operation: "combine_create", code: "NO_AUTH", status: 403 });
  const [one, other] = await interleave(
    TO_FAIL,
    () => startCombined(shop, purchases),
    () => startCombined(elsewhere, purchases),
  );
  if (other.status === "rejected") throw other.reason;
  expect(one).toEqual({ status: "fulfilled", value: { ...other.value, created: false } });
  const { combineOutTradeNo, orders } = other.value.payment;
  await payAt("wechat", orders[0]?.outTradeNo ?? "");
  await deliverAll(shop, "wechat", combineOutTradeNo);
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it("a combined payment that broke off before it was sent believes the refusal of its first send", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const key = unique("key");
  const match = "insert into `payment_transactions`";
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
  await expect(startCombined(shop, purchases, key)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  await misbehave({ kind: "refuse", operation: "combine_create", code: "NO_AUTH", status: 403, times: 9 });
  const refusal = { code: "PROVIDER_REFUSED", details: { providerCode: "NO_AUTH" } };
  const { transactionId } = await startCombined(shop, purchases, key).catch((error) => {
    expect(error).toMatchObject(refusal);
    return error.details;
  });
  expect(await statesOf(shop, transactionId)).toEqual(["FAILED", "FAILED"]);
  await expect(startCombined(shop, purchases, key)).rejects.toMatchObject(refusal);
  await sandbox("DELETE", "faults");
  const { payment } = await startCombined(shop, purchases);
  expect(await statesOf(shop, payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
});

it("a payment by points that another method's has ended does not speak of too few points", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchase = await newOrder(shop, { points: 9000 });
  const { customer, orderId, amount } = purchase;
  const [points, other] = await interleave(
    SETTLE,
    () => shop.manager.create(customer, "points", { method: "POINTS", orderId, amount }),
    async () => {
      const outTradeNo = await startPayment(elsewhere, purchase, "wechat");
      await elsewhere.idle();
      return outTradeNo;
    },
  );
  expect(points).toMatchObject({ status: "rejected", reason: { code: "PAYMENT_CLOSED" } });
  if (other.status === "rejected") throw other.reason;
  expect(await attemptOf(shop, other.value)).toMatchObject({ state: "PENDING" });
  await expectAllWell(shop, purchase);
});
