/** Workers that die between two statements over money beside its order: operators hear of it first, and jobs go on with it. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { synchroniseAttempts, synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { refundReceipt, writeOffReceipt } from "../../src/payments/receipts/decide-receipt.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { clearFaults, deliverAll, misbehave, setFaults } from "./support/controls.ts";
import { newPaidOrder, subjectsOf } from "./support/purchases.ts";
import { anomalyStates, eventsOf, lateMoney, untoldMoney } from "./support/receipts.ts";
import { attemptOf, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOLD = { settings: { latePayments: "hold" } } as const;

/** The database does not answer a statement, nor its repeat. */
const loseBefore = (match: string) =>
  setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });

describe("what an operator has decided", () => {
  it.each([
    ["refund", refundReceipt, "update `anomalies`", "payment.refunded", 3000],
    ["write off", writeOffReceipt, "insert into `events`", "payment.written_off", 0],
  ] as const)(
    "is done and told by a job when their request dies of it: %s",
    async (_, verb, match, event, refunded) => {
      const shop = openShop(HOLD);
      const late = await lateMoney(shop);
      await loseBefore(match);
      const word = { outTradeNo: late.outTradeNo, reason: "as the buyer asked" };
      await expect(verb(shop.ctx, OPERATOR, word)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
      await clearFaults();
      await runJobsToTheEnd(shop);
      expect(await refundedAtProvider(late.outTradeNo)).toBe(refunded);
      expect(await eventsOf(shop, late)).toEqual(["payment.late_received", event]);
      expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
      expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ nextCheckAt: null });
      await expectBooksInOrder(shop, subjectsOf(late));
    },
  );
});

describe("an operator hears first", () => {
  const TELLING = "insert into `anomalies`";

  it("of late money: it is on record, and acknowledged, only then", async () => {
    const shop = openShop(HOLD);
    const late = await untoldMoney(shop);
    await loseBefore(TELLING);
    expect(await deliverAll(shop, "alipay", late.outTradeNo)).toMatchObject([{ body: "failure" }]);
    await clearFaults();
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ state: "CLOSED", received: 0 });
    await letPass(shop, 300);
    expect(await deliverAll(shop, "alipay", late.outTradeNo)).toMatchObject([{ body: "success" }]);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT OPEN"]);
    expect(await eventsOf(shop, late)).toEqual(["payment.late_received"]);
  });

  it("of a refund that its provider closed: it is freed only then", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "refund_closed", outTradeNo: paid.outTradeNo });
    const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    await letPass(shop, 60);
    await loseBefore(TELLING);
    expect(await deliverAll(shop, "wechat", paid.outTradeNo)).toMatchObject([{ status: 500 }]);
    await clearFaults();
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
    await runJobs(shop.ctx);
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "CLOSED" }]);
    expect(await anomalyStates(shop, paid.outTradeNo)).toEqual(["REFUND_FAILED OPEN"]);
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 0 });
  });

  it("of money that could not go back: it waits for them only then", async () => {
    const shop = openShop();
    await misbehave({ kind: "refund_closed", times: 3 });
    const late = await lateMoney(shop, "wechat");
    await closedThreeTimes(shop, late.outTradeNo);
    await loseBefore(TELLING);
    await letPass(shop, 1800);
    await runJobs(shop.ctx);
    await clearFaults();
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "REFUND", nextCheckAt: expect.any(Date) });
    await letPass(shop, 1800);
    await runJobs(shop.ctx);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "HOLD", nextCheckAt: null });
    expect(await anomalyStates(shop, late.outTradeNo)).toContain("REFUND_FAILED OPEN");
  });

  async function closedThreeTimes(shop: Shop, outTradeNo: string): Promise<void> {
    const closed = async () => (await refundsOf(shop, outTradeNo)).filter(({ state }) => state === "CLOSED").length;
    for (let run = 0; run < 20 && (await closed()) < 3; run++) {
      await letPass(shop, 61);
      await synchroniseAttempts(shop.ctx, 50);
      await synchroniseRefunds(shop.ctx, 50);
    }
    expect(await closed()).toBe(3);
  }
});
