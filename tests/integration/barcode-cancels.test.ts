/** The money of a bar code that is being cancelled pays its order or goes back, never both; what goes back, an operator hears of. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { deliverAll, misbehave, payAt } from "./support/controls.ts";
import { attemptOf } from "./support/records.ts";
import type { Shop } from "./support/shop.ts";
import {
  GIVEN_BACK,
  gate,
  liftFaults,
  PAID,
  runJobsAfter,
  SILENCE,
  showState,
  standingOf,
  waitingPayment,
  withAlipay,
} from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

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
    await liftFaults();
    expect(await tellAndWait(shop, outTradeNo)).toBe("success");
    expect(await standingOf(payment)).toEqual(GIVEN_BACK);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ unappliedReason: "GONE_BACK", nextCheckAt: null });
  });

  it("and whose answer is lost does not let the notice of the payment pay the order", async () => {
    const payment = await confirmedTooLate();
    const { shop, outTradeNo } = payment;
    await misbehave({ kind: "http_500", operation: "cancel", effect: true, times: 99 });
    await synchroniseAttempts(shop.ctx, 50);
    await liftFaults();
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
