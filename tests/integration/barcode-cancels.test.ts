/** The money of a bar code that is being cancelled pays its order or goes back, never both; what goes back, an operator hears of. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { PaymentCallbackHandler } from "../../src/payments/callback-handler.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { giveBack } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt, sandbox, takeDeliveries } from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { attemptOf, closeInTheBooks } from "./support/records.ts";
import type { Shop } from "./support/shop.ts";
import { GIVEN_BACK, gate, PAID, showState, standingOf, waitingPayment, withAlipay } from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MANY = 99;
const SILENCE = { kind: "http_500", operation: "query", times: MANY } as const;
const lift = () => sandbox("DELETE", "faults");

/** Lets the jobs run at these moments, in minutes after each other. */
async function runJobsAfter(shop: Shop, ...minutes: readonly number[]): Promise<void> {
  for (const each of minutes) {
    await letPass(shop, each * 60);
    await runJobs(shop.ctx);
    await shop.idle();
  }
}

/** Nobody has confirmed for a minute; now the buyer does, and Alipay's query has not heard of it yet. */
async function confirmedTooLate() {
  const payment = await waitingPayment();
  await letPass(payment.shop, 61);
  await payAt("alipay", payment.outTradeNo);
  await showState(payment.outTradeNo, "WAIT_BUYER_PAY");
  return payment;
}

/** The payment's notice, again when it has to come again, and the jobs until the order expires. Gives its first answer. */
async function tellAndWait(shop: Shop, outTradeNo: string): Promise<string | undefined> {
  const [answer] = await deliverAll(shop, "alipay", outTradeNo);
  await showState(outTradeNo, null);
  await runJobsAfter(shop, 1, 10);
  await deliverAll(shop, "alipay", outTradeNo);
  await runJobsAfter(shop, 10);
  return answer?.body;
}

describe("a cancel that gives the money back", () => {
  it("is on record before anybody can be asked, and the notice of the payment changes nothing", async () => {
    const payment = await confirmedTooLate();
    const { shop, outTradeNo } = payment;
    const ctx = withAlipay(shop, (real) => ({
      close: async (attempt, call) => {
        const closed = await real.close(attempt, call);
        await misbehave(SILENCE);
        return closed;
      },
    }));
    await synchroniseAttempts(ctx, 50);
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
    await lift();
    expect(await tellAndWait(shop, outTradeNo)).toBe("success");
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ unappliedReason: "GONE_BACK", nextCheckAt: null });
  });

  it("and whose answer is lost does not let the notice of the payment pay the order", async () => {
    const payment = await confirmedTooLate();
    const { shop, outTradeNo } = payment;
    await misbehave({ kind: "http_500", operation: "cancel", effect: true, times: MANY });
    await synchroniseAttempts(shop.ctx, 50);
    await lift();
    expect(await tellAndWait(shop, outTradeNo)).toBe("failure");
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
  });

  it("and whose answer is lost is not believed to have done nothing while queries still call it paid", async () => {
    const payment = await confirmedTooLate();
    const { shop, outTradeNo } = payment;
    const ctx = withAlipay(shop, (real) => ({
      close: async (attempt, call) => {
        const closed = await real.close(attempt, call);
        expect(closed).toMatchObject({ kind: "ok", value: { status: "refunded" } });
        await showState(attempt.outTradeNo, "TRADE_SUCCESS");
        return { kind: "unknown", cause: "timeout", message: "" };
      },
    }));
    await synchroniseAttempts(ctx, 50);
    expect(await standingOf(payment)).toMatchObject({ order: "PENDING", refunded: 3000 });
    await showState(outTradeNo, null);
    await runJobsAfter(shop, 1);
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
  });

  it("and whose Worker dies then does not let a notice pay the order that came before", async () => {
    const payment = await confirmedTooLate();
    const { shop, outTradeNo } = payment;
    const { pass, reached, open } = gate();
    const dying = withAlipay(shop, (real) => ({
      close: async (attempt, call) => {
        await pass();
        await real.close(attempt, call);
        throw new Error("the Worker dies");
      },
    }));
    const job = synchroniseAttempts(dying, 50);
    await reached;
    expect(await deliverAll(shop, "alipay", outTradeNo)).toMatchObject([{ body: "failure" }]);
    open();
    await job;
    await showState(outTradeNo, null);
    await runJobsAfter(shop, 1, 10);
    await deliverAll(shop, "alipay", outTradeNo);
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
  });

  it("after another has found the payment paid is an operator's to see, also when its Worker dies", async () => {
    const payment = await waitingPayment();
    const { shop, customer, orderId, outTradeNo } = payment;
    await letPass(shop, 61);
    const { pass, reached, open } = gate();
    const dying = withAlipay(shop, (real) => ({
      close: async (attempt, call) => {
        await pass();
        await real.close(attempt, call);
        throw new Error("the Worker dies");
      },
    }));
    const job = synchroniseAttempts(dying, 50);
    await reached;
    await payAt("alipay", outTradeNo);
    await expect(shop.manager.close(customer, "alipay", orderId)).rejects.toMatchObject({ code: "ORDER_PAID" });
    expect(await standingOf(payment)).toEqual(PAID);
    await showState(outTradeNo, "WAIT_BUYER_PAY");
    open();
    await job;
    await runJobsAfter(shop, 2);
    expect(await standingOf(payment)).toEqual({ order: "PAID", refunded: 3000, anomalies: [] });
    await showState(outTradeNo, null);
    await runJobsAfter(shop, 10);
    expect(await standingOf(payment)).toEqual({ ...GIVEN_BACK, order: "PAID" });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ disposition: "APPLIED", nextCheckAt: null });
  });
});

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
    await lift();
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
  await lift();
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
    await lift();
    await letPass(shop, 300);
    expect(await deliverAll(shop, "alipay", outTradeNo)).toMatchObject([{ body: "success" }]);
    expect(await standingOf(payment)).toMatchObject({ order: "PAID", refunded: 0 });
  });
});
