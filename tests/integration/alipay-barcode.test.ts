/** Payments by the bar code on the buyer's phone: paid at once, confirmed on the phone, in doubt, cancelled after a minute. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt, providerTrades, sandbox } from "./support/controls.ts";
import { type Purchase, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundedAtProvider } from "./support/records.ts";
import type { Shop } from "./support/shop.ts";
import { openTill } from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const runJob = async (shop: Shop, seconds: number) => {
  await letPass(shop, seconds);
  await synchroniseAttempts(shop.ctx, 50);
  await shop.idle();
};

async function expectOrder(shop: Shop, { customer, orderId }: Purchase, status: "PENDING" | "PAID") {
  expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status });
}

const tradesOf = async (...numbers: string[]) =>
  (await providerTrades()).filter(({ outTradeNo }) => numbers.includes(outTradeNo)).map(({ state }) => state);

it("is settled by the call that scans the code", async () => {
  const { shop, purchase, scan } = await openTill();
  const { payment } = await scan();
  expect(payment).toMatchObject({ method: "ALIPAY_BARCODE", status: "SUCCESS" });
  await expectOrder(shop, purchase, "PAID");
  await deliverAll(shop, "alipay", payment.outTradeNo);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("waits for a buyer who has to confirm, and a repeat scans nothing twice", async () => {
  const { shop, purchase, scan, state } = await openTill();
  const first = await scan({ asksPassword: true });
  expect(first).toMatchObject({ payment: { status: "PENDING" }, created: true });
  // The code of the repeat would have been paid at once.
  const again = await scan();
  expect(again).toEqual({ payment: first.payment, created: false });
  expect(await state()).toMatchObject({ status: "PENDING" });
  await payAt("alipay", first.payment.outTradeNo);
  expect(await state()).toMatchObject({ status: "SUCCESS", orderStatus: "PAID" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("is cancelled a minute after the scan when nobody confirms, and the order can be paid anew", async () => {
  const { shop, purchase, scan } = await openTill();
  const { outTradeNo } = (await scan({ asksPassword: true })).payment;
  await runJob(shop, 20);
  await runJob(shop, 30);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING" });
  expect(await tradesOf(outTradeNo)).toEqual(["open"]);
  await runJob(shop, 11);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSED" });
  expect(await tradesOf(outTradeNo)).toEqual(["closed"]);
  await expectOrder(shop, purchase, "PENDING");
  expect((await scan()).payment).toMatchObject({ status: "SUCCESS" });
  await expectOrder(shop, purchase, "PAID");
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("is refused with the provider's code, and the next scan is another payment", async () => {
  const { shop, purchase, scan } = await openTill();
  const refused = { code: "PROVIDER_REFUSED", details: { providerCode: "ACQ.BUYER_BALANCE_NOT_ENOUGH" } };
  await expect(scan({ failure: "BUYER_BALANCE_NOT_ENOUGH" })).rejects.toMatchObject(refused);
  expect((await scan()).payment.status).toBe("SUCCESS");
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("whose answer is lost is found paid by the job", async () => {
  const { shop, purchase, scan } = await openTill({ providerTimeoutMs: 500 });
  await misbehave({ kind: "timeout_after", operation: "create" });
  const { payment } = await scan();
  expect(payment.status).toBe("PENDING");
  await expectOrder(shop, purchase, "PENDING");
  await runJob(shop, 16);
  await expectOrder(shop, purchase, "PAID");
  expect(await refundedAtProvider(payment.outTradeNo)).toBe(0);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("that never reached Alipay is not heard of again, and the order can be paid anew", async () => {
  const { shop, purchase, scan } = await openTill({ providerTimeoutMs: 500 });
  await misbehave({ kind: "timeout_before", operation: "create" });
  const lost = (await scan()).payment;
  expect(lost.status).toBe("PENDING");
  await runJob(shop, 61);
  expect(await attemptOf(shop, lost.outTradeNo)).toMatchObject({ state: "CLOSING" });
  expect((await scan()).payment.status).toBe("SUCCESS");
  await runJobsToTheEnd(shop);
  expect(await attemptOf(shop, lost.outTradeNo)).toMatchObject({ state: "CLOSED" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("keeps the money of a buyer who confirms in the last moment", async () => {
  const { shop, purchase, scan } = await openTill();
  const { outTradeNo } = (await scan({ asksPassword: true })).payment;
  await letPass(shop, 61);
  await payAt("alipay", outTradeNo);
  await synchroniseAttempts(shop.ctx, 50);
  await expectOrder(shop, purchase, "PAID");
  expect(await refundedAtProvider(outTradeNo)).toBe(0);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("whose cancel gives money back never pays the order, whatever a query says and a notice tells later", async () => {
  const { shop, purchase, scan } = await openTill();
  const { outTradeNo } = (await scan({ asksPassword: true })).payment;
  await letPass(shop, 61);
  await payAt("alipay", outTradeNo);
  // Alipay's queries lag behind its cancel.
  await sandbox("POST", `trades/alipay/${outTradeNo}/show`, { tradeStatus: "WAIT_BUYER_PAY" });
  await synchroniseAttempts(shop.ctx, 50);
  expect(await refundedAtProvider(outTradeNo)).toBe(purchase.amount);
  const goneBack = { state: "SUCCESS", disposition: "UNAPPLIED", unappliedReason: "GONE_BACK", received: 3000 };
  expect(await attemptOf(shop, outTradeNo)).toMatchObject(goneBack);
  await deliverAll(shop, "alipay", outTradeNo);
  await sandbox("POST", `trades/alipay/${outTradeNo}/show`, { tradeStatus: null });
  await runJob(shop, 60);
  await expectOrder(shop, purchase, "PENDING");
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["MONEY_GONE_BACK"]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject(goneBack);
});

it("is not given back when the till closes what has been paid, and cancelled when it has not", async () => {
  const { shop, purchase, scan } = await openTill();
  const { customer, orderId } = purchase;
  const waiting = (await scan({ asksPassword: true })).payment;
  expect(await shop.manager.close(customer, "alipay", orderId)).toMatchObject({ status: "CLOSED" });
  expect(await tradesOf(waiting.outTradeNo)).toEqual(["closed"]);
  const paid = (await scan({ asksPassword: true })).payment;
  await payAt("alipay", paid.outTradeNo);
  await expect(shop.manager.close(customer, "alipay", orderId)).rejects.toMatchObject({ code: "ORDER_PAID" });
  expect(await refundedAtProvider(paid.outTradeNo)).toBe(0);
  await expectOrder(shop, purchase, "PAID");
  await expectBooksInOrder(shop, subjectsOf(purchase));
});
