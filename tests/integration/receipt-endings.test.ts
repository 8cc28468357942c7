/** How money beside its order ends, and what operators still see of it: nothing ends in silence, and nothing is closed unseen. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { synchroniseAttempts, synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { applyToOrder, refundReceipt, writeOffReceipt } from "../../src/payments/receipts/decide-receipt.ts";
import { listReceipts } from "../../src/payments/receipts/find-receipts.ts";
import { releaseRefund } from "../../src/payments/refunds/release-refund.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { giveBack, tradeNotice } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, SAYS_NOTHING, sandbox } from "./support/controls.ts";
import { expectNoSurprise, interleave } from "./support/interleave.ts";
import { newOrder, subjectsOf } from "./support/purchases.ts";
import { anomalyStates, eventsOf, type LateMoney, lateMoney, untoldMoney } from "./support/receipts.ts";
import { attemptOf, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";
import { MIXED } from "./support/story.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOLD = { settings: { latePayments: "hold" } } as const;
const HOUR = 3600;

const wordOn = ({ outTradeNo }: LateMoney) => ({ outTradeNo, reason: "as the buyer asked" });
const owe = (shop: Shop, { outTradeNo }: LateMoney) =>
  shop.db
    .update(paymentTransactions)
    .set({ policy: "REFUND", nextCheckAt: new Date(shop.ctx.now() - 1000) })
    .where(eq(paymentTransactions.outTradeNo, outTradeNo));

/** Both jobs, every half an hour, for so long. */
async function runFor(shop: Shop, hours: number): Promise<void> {
  for (let run = 0; run < hours * 2; run++) {
    await letPass(shop, HOUR / 2);
    await synchroniseAttempts(shop.ctx, 50);
    await synchroniseRefunds(shop.ctx, 50);
  }
}

describe("money that is to go back by itself", () => {
  it("comes before an operator after six hours in which its provider has refused it again and again", async () => {
    const shop = openShop();
    const late = await untoldMoney(shop);
    // Nobody can tell whether the first send arrived, so that no refusal after it is a definite one.
    await misbehave({ kind: "drop_before", operation: "refund", times: 2 });
    await misbehave({ kind: "refuse", operation: "refund", code: "ACQ.REASON_TRADE_REFUND_FEE_ERR", times: 1000 });
    await deliverAll(shop, "alipay", late.outTradeNo);
    await runFor(shop, 5.5);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT OPEN"]);
    expect(await refundsOf(shop, late.outTradeNo)).toMatchObject([{ state: "CREATED" }]);
    await runFor(shop, 1);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT OPEN", "REFUND_IN_DOUBT OPEN"]);
    await sandbox("DELETE", "faults");
    await runJobsToTheEnd(shop);
    expect(await refundedAtProvider(late.outTradeNo)).toBe(3000);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED", "REFUND_IN_DOUBT RESOLVED"]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });

  it("does not wait for an operator while the one more try that an operator has asked for is under way", async () => {
    const [shop, elsewhere] = [openShop(), openShop()];
    await misbehave({ kind: "refund_closed", times: 3 });
    const late = await lateMoney(shop, "wechat");
    while ((await refundsOf(shop, late.outTradeNo)).filter(({ state }) => state === "CLOSED").length < 3) {
      await runFor(shop, 0.5);
    }
    elsewhere.advance((shop.ctx.now() - elsewhere.ctx.now()) / 1000);
    await owe(shop, late);
    const results = await interleave(
      { when: "before", match: "set `payment_transactions`.`next_check_at` = null, `payment_transactions`.`policy` =" },
      () => synchroniseAttempts(shop.ctx, 50),
      async () => {
        await refundReceipt(elsewhere.ctx, OPERATOR, wordOn(late));
        await elsewhere.idle();
      },
    );
    expectNoSurprise(results, [shop, elsewhere], []);
    await runJobsToTheEnd(shop);
    expect(await refundedAtProvider(late.outTradeNo)).toBe(3000);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({
      policy: "REFUND",
      refunded: 3000,
      nextCheckAt: null,
    });
    expect(await eventsOf(shop, late)).toContain("payment.refunded");
    expect((await anomalyStates(shop, late.outTradeNo)).filter((state) => state.endsWith("OPEN"))).toEqual([]);
  });

  it("is not written off once it has gone back, though it had not when its operator looked", async () => {
    const [shop, elsewhere] = [openShop(HOLD), openShop(HOLD)];
    const late = await lateMoney(shop);
    await owe(shop, late);
    const [written] = await interleave(
      { when: "before", match: "insert into `operator_actions`" },
      () => writeOffReceipt(shop.ctx, OPERATOR, wordOn(late)),
      () => synchroniseAttempts(elsewhere.ctx, 50),
    );
    expect(written).toMatchObject({ status: "rejected", reason: { code: "RECEIPT_DECIDED" } });
    await runJobsToTheEnd(shop);
    expect(await eventsOf(shop, late)).toEqual(["payment.late_received", "payment.refunded"]);
  });

  it("is not held when an operator wanted to apply it who had not seen that it went back", async () => {
    const [shop, elsewhere] = [openShop(HOLD), openShop(HOLD)];
    const late = await lateMoney(shop);
    await owe(shop, late);
    const [applied] = await interleave(
      { when: "before", match: "insert into `operator_actions`" },
      () => applyToOrder(shop.ctx, OPERATOR, wordOn(late)),
      () => synchroniseAttempts(elsewhere.ctx, 50),
    );
    expect(applied).toMatchObject({ status: "rejected", reason: { code: "RECEIPT_REFUNDED" } });
    await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "REFUND", nextCheckAt: null });
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
  });

  it("leaves a report of other money under its number to an operator", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    const notice = await tradeNotice(late.outTradeNo, { total_amount: "31.00", receipt_amount: "31.00" });
    expect((await deliver(shop, "alipay", notice)).body).toBe("success");
    await owe(shop, late);
    await runJobsToTheEnd(shop);
    expect(await eventsOf(shop, late)).toContain("payment.refunded");
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED", "WRONG_AMOUNT OPEN"]);
  });
});

describe("money that was applied late", () => {
  it("is applied for both of two operators who say so at once, though its points have been taken by then", async () => {
    const [shop, elsewhere] = [openShop(HOLD), openShop(HOLD)];
    const late = await lateMoney(shop, "alipay", await newOrder(shop, MIXED));
    const results = await interleave(
      { when: "before", match: "`orders`.`generation` = `orders`.`generation` +" },
      () => applyToOrder(shop.ctx, OPERATOR, wordOn(late)),
      () => applyToOrder(elsewhere.ctx, OPERATOR, wordOn(late)),
    );
    for (const result of results) expect(result).toMatchObject({ value: { disposition: "APPLIED" } });
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });

  it("is an operator's again when it goes back, however long its provider does not answer", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    await applyToOrder(shop.ctx, OPERATOR, wordOn(late));
    await misbehave({ kind: "http_500", operation: "query", times: 1000 });
    await runFor(shop, 0.5);
    await giveBack(3000)(late.outTradeNo);
    await sandbox("POST", "deliveries/take", { outTradeNo: late.outTradeNo });
    const closed = await tradeNotice(late.outTradeNo, { trade_status: "TRADE_CLOSED", refund_fee: "30.00" });
    await deliver(shop, "alipay", closed);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED", "MONEY_GONE_BACK OPEN"]);
    await runFor(shop, 1);
    expect(await anomalyStates(shop, late.outTradeNo)).toContain("MONEY_GONE_BACK OPEN");
  });
});

describe("held money of which a refund that was given up comes true", () => {
  it("has gone back, and nobody has to decide about it any more", async () => {
    const shop = openShop();
    const late = await untoldMoney(shop, "wechat");
    await misbehave({ kind: "drop_after", operation: "refund", times: 1000 });
    await misbehave({ ...SAYS_NOTHING, operation: "refund_query", times: 1000 });
    await deliverAll(shop, "wechat", late.outTradeNo);
    await letPass(shop, 6.5 * HOUR);
    await runFor(shop, 0.5);
    const refundId = `${late.outTradeNo}R1`;
    await releaseRefund(shop.ctx, OPERATOR, { refundId, reason: "paid back at the counter" });
    await runFor(shop, 1);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "HOLD", nextCheckAt: null });
    await sandbox("DELETE", "faults");
    await letPass(shop, 24 * HOUR);
    await runFor(shop, 1);
    expect(await refundsOf(shop, late.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
    expect(await eventsOf(shop, late)).toContain("payment.refunded");
    const held = await listReceipts(shop.ctx, { policy: "HOLD", limit: 100 });
    expect(held.map(({ attempt }) => attempt.outTradeNo)).not.toContain(late.outTradeNo);
    const open = (await anomalyStates(shop, late.outTradeNo)).filter((state) => state.endsWith("OPEN"));
    expect(open).toEqual(["REFUND_AFTER_CLOSE OPEN", "REFUND_IN_DOUBT OPEN"]);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "REFUND", nextCheckAt: null });
  });
});
