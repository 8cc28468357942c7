/** Days of bills around midnight, and refunds that are on their way for long or come to nothing. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { fen } from "../../src/money.ts";
import { spanOf } from "../../src/payments/reconciliation/calendar.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  billAnomalies,
  differencesIn,
  loseProvidersBooks,
  openDay,
  reconcile,
  reconciledEvents,
  stateOf,
  today,
  untilTomorrow,
} from "./support/bills.ts";
import { sandbox } from "./support/controls.ts";
import { capture, frozenMoney, operationsOf } from "./support/pre-authorisations.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { refundsOf } from "./support/records.ts";
import { OPERATOR, type Shop, unique } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

/** As if our clock had seen a payment so many seconds after a day's end, or before it when negative. */
async function seenAt(outTradeNo: string, date: string, seconds: number): Promise<void> {
  const paidAt = new Date(spanOf(date).to.getTime() + seconds * 1000);
  await shop.db.update(paymentTransactions).set({ paidAt }).where(eq(paymentTransactions.outTradeNo, outTradeNo));
}

describe.each(["wechat", "alipay"] as const)("around midnight (%s)", (channel) => {
  it("waits for the next day's bill when the provider dates a payment after midnight", async () => {
    const date = await untilTomorrow(shop, 0);
    const { outTradeNo } = await newPaidOrder(shop, channel);
    await seenAt(outTradeNo, date, -2);
    await letPass(shop, 10 * 3600);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_THERE", "PARKED"]]);
    expect(await stateOf(shop, date, channel)).toBe("COMPARED");
    const next = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_THERE", "HEALED"]]);
    expect(await differencesIn(shop, next)).toEqual([]);
    expect(await stateOf(shop, date, channel)).toBe("DONE");
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
  });

  it("finds a payment in the bill of the day before when we saw it after midnight", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    const date = today(shop);
    await seenAt(outTradeNo, date, 3);
    for (let mornings = 0; mornings < 2; mornings++) {
      const day = await untilTomorrow(shop, 10);
      await reconcile(shop);
      expect(await differencesIn(shop, day)).toEqual([]);
      expect(await stateOf(shop, date, channel)).toBe("DONE");
    }
  });

  it("reports what the next day's bill does not list either", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    const date = today(shop);
    await seenAt(outTradeNo, date, -2);
    await loseProvidersBooks(shop);
    await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_THERE", "PARKED"]]);
    await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_THERE", "REPORTED"]]);
  });
});

describe("refunds that did not simply succeed", () => {
  const refunded = async (status: "CLOSED" | "ABNORMAL") => {
    const { orderId, outTradeNo } = await newPaidOrder(shop, "wechat");
    const request = { provider: "wechat", orderId, amount: fen(1000), reason: "broken" } as const;
    const { outRefundNo } = await shop.manager.refund(OPERATOR, request, unique("key"));
    await sandbox("POST", `refunds/wechat/${outRefundNo}`, { status });
    return { outTradeNo, outRefundNo };
  };

  it.each([
    ["CLOSED", "CLOSED"],
    ["ABNORMAL", "ABNORMAL"],
  ] as const)("learns of one that is %s at the provider", async (status, state) => {
    const { outTradeNo, outRefundNo } = await refunded(status);
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outRefundNo, "STATUS_DIFFERS", "HEALED"]]);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state }]);
  });

  it("reports one that the books have as done and the provider as failed", async () => {
    const { outTradeNo, outRefundNo } = await refunded("CLOSED");
    const done = { state: "SUCCESS", succeededAt: new Date(shop.ctx.now()), nextCheckAt: null } as const;
    await shop.db.update(refundRecords).set(done).where(eq(refundRecords.outRefundNo, outRefundNo));
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outRefundNo, "STATUS_DIFFERS", "REPORTED"]]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([["BILL_STATUS_DIFFERS", outTradeNo, "ASK_PROVIDER", 1]]);
  });

  it("does not judge a refund that a bill from before the first day may list", async () => {
    const { outRefundNo } = await refunded("CLOSED");
    const now = shop.ctx.now();
    const slow = { state: "SUCCESS", succeededAt: new Date(now), decidedAt: new Date(now - 40 * 3_600_000) } as const;
    await shop.db.update(refundRecords).set(slow).where(eq(refundRecords.outRefundNo, outRefundNo));
    await loseProvidersBooks(shop);
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toContainEqual([outRefundNo, "MISSING_THERE", "UNJUDGED"]);
  });
});

it("knows what was taken of frozen money for a payment, and what the bill does not list of it", async () => {
  const { outOrderNo } = await frozenMoney(shop);
  await capture(shop, outOrderNo, { amount: fen(400) });
  const date = await untilTomorrow(shop, 9);
  await reconcile(shop);
  expect(await differencesIn(shop, date)).toEqual([]);
  expect(await reconciledEvents(shop, date, "alipay")).toMatchObject([{ lines: 1 }]);
  await capture(shop, outOrderNo, { amount: fen(300) });
  const [operation] = (await operationsOf(shop, outOrderNo)).filter(({ captures }) => captures === 300);
  await loseProvidersBooks(shop);
  const next = await untilTomorrow(shop, 9);
  await reconcile(shop);
  expect(await differencesIn(shop, next)).toEqual([[operation?.number, "MISSING_THERE", "REPORTED"]]);
});
