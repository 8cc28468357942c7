/** Bar codes that are paid while they are being cancelled, or afterwards: settled once Alipay says so, never on old news. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { PaymentCallbackHandler } from "../../src/payments/callback-handler.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { giveBack } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt, takeDeliveries } from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { attemptOf, closeInTheBooks } from "./support/records.ts";
import {
  GIVEN_BACK,
  liftFaults,
  PAID,
  runJobsAfter,
  SILENCE,
  standingOf,
  waitingPayment,
  withAlipay,
} from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("a payment that was found paid while it was being cancelled", () => {
  async function keptAtTheLastMoment() {
    const payment = await waitingPayment();
    await letPass(payment.shop, 61);
    await payAt("alipay", payment.outTradeNo);
    await synchroniseAttempts(payment.shop.ctx, 50);
    expect(await standingOf(payment)).toEqual(PAID);
    return payment;
  }

  it("is looked at once more, and then no more", async () => {
    const payment = await keptAtTheLastMoment();
    const { shop, outTradeNo } = payment;
    expect((await attemptOf(shop, outTradeNo))?.nextCheckAt).not.toBeNull();
    await runJobsAfter(shop, 2);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ nextCheckAt: null });
    expect(await standingOf(payment)).toEqual(PAID);
    await expectBooksInOrder(shop, subjectsOf(payment));
  });

  it("is looked at until Alipay answers, and is an operator's when it does not", async () => {
    const payment = await keptAtTheLastMoment();
    const { shop, outTradeNo } = payment;
    await misbehave(SILENCE);
    await runJobsAfter(shop, 2, 20);
    expect(await standingOf(payment)).toEqual(PAID);
    await runJobsAfter(shop, 90);
    expect(await standingOf(payment)).toEqual({ ...PAID, anomalies: ["PAYMENT_IN_DOUBT"] });
    await liftFaults();
    await runJobsAfter(shop, 60);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ nextCheckAt: null });
  });
});

it("is not cancelled while Alipay does not say how it stands, and settles when it says that it is paid", async () => {
  const payment = await waitingPayment();
  const { shop, outTradeNo } = payment;
  await letPass(shop, 30);
  await payAt("alipay", outTradeNo);
  await letPass(shop, 31);
  await misbehave(SILENCE);
  await synchroniseAttempts(shop.ctx, 50);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSING" });
  expect(await standingOf(payment)).toEqual({ ...PAID, order: "PENDING" });
  await liftFaults();
  await runJobsAfter(shop, 1);
  expect(await standingOf(payment)).toEqual(PAID);
  await expectBooksInOrder(shop, subjectsOf(payment));
});

describe("a notice of a payment", () => {
  it("that is watched brings the next look forward, however often the till asks meanwhile", async () => {
    const payment = await waitingPayment();
    const { shop, customer, orderId, outTradeNo } = payment;
    const nextCheckAt = new Date(shop.ctx.now() + 40 * 60_000);
    await shop.db
      .update(paymentTransactions)
      .set({ state: "CLOSING", nextCheckAt })
      .where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await payAt("alipay", outTradeNo);
    expect(await deliverAll(shop, "alipay", outTradeNo)).toMatchObject([{ status: 500, body: "failure" }]);
    for (let second = 0; second < 16; second += 4) {
      expect(await shop.manager.query(customer, "alipay", orderId)).toMatchObject({ status: "CLOSING" });
      await letPass(shop, 4);
    }
    await synchroniseAttempts(shop.ctx, 50);
    expect(await standingOf(payment)).toEqual(PAID);
  });

  const CLOSED = { kind: "ok", value: { status: "closed" } } as const;

  it.each([
    ["paid, it settles", async () => {}, PAID],
    ["given back, it is held", giveBack(3000), GIVEN_BACK],
  ])("whose books are CLOSED asks Alipay, and when it is %s", async (_, move, standing) => {
    const payment = await waitingPayment();
    const { shop, outTradeNo } = payment;
    await payAt("alipay", outTradeNo);
    await closeInTheBooks(shop, outTradeNo);
    await move(outTradeNo);
    expect((await deliverAll(shop, "alipay", outTradeNo))[0]).toMatchObject({ body: "success" });
    expect(await standingOf(payment)).toEqual(standing);
  });

  it("that Alipay calls closed, without a word of its money, is held as told", async () => {
    const payment = await waitingPayment();
    const { shop, outTradeNo } = payment;
    await payAt("alipay", outTradeNo);
    await closeInTheBooks(shop, outTradeNo);
    const ctx = withAlipay(shop, () => ({ query: async () => CLOSED }));
    const [delivery] = await takeDeliveries(outTradeNo);
    if (!delivery) throw new Error("no notice");
    const callback = { headers: new Headers(delivery.headers), body: delivery.body };
    const handler = new PaymentCallbackHandler(ctx);
    expect(await handler.handle(ctx.providers.get("alipay"), callback)).toBe("accepted");
    expect(await standingOf(payment)).toEqual({ ...GIVEN_BACK, refunded: 0 });
  });

  it("whose books are CLOSED has to come again while Alipay is silent, and an operator hears of it", async () => {
    const payment = await waitingPayment();
    const { shop, outTradeNo } = payment;
    await payAt("alipay", outTradeNo);
    await closeInTheBooks(shop, outTradeNo);
    await misbehave(SILENCE);
    expect(await deliverAll(shop, "alipay", outTradeNo)).toMatchObject([{ status: 500, body: "failure" }]);
    expect(await standingOf(payment)).toEqual({ order: "PENDING", refunded: 0, anomalies: ["PAYMENT_IN_DOUBT"] });
    await liftFaults();
    await letPass(shop, 300);
    expect(await deliverAll(shop, "alipay", outTradeNo)).toMatchObject([{ body: "success" }]);
    expect(await standingOf(payment)).toMatchObject({ order: "PAID", refunded: 0 });
  });
});
