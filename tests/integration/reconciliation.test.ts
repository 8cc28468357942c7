/** A day's bill beside the books, over HTTP from the simulated providers: each difference, in each direction. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { fen } from "../../src/money.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  billAnomalies,
  differencesIn,
  loseProvidersBooks,
  openDay,
  reconcile,
  reconciledEvents,
  stateOf,
  untilTomorrow,
} from "./support/bills.ts";
import { deliverAll, payAt, sandbox } from "./support/controls.ts";
import { type Channel, newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, type Shop, unique } from "./support/shop.ts";

const READY = { wechat: 10, alipay: 9 } as const;

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

async function nextMorning(channel: Channel): Promise<string> {
  const date = await untilTomorrow(shop, READY[channel]);
  await reconcile(shop);
  return date;
}

/** Gives ten yuan back. */
async function refund(channel: Channel, { orderId, outTradeNo }: { orderId: string; outTradeNo: string }) {
  const request = { provider: channel, orderId, amount: fen(1000), reason: "broken" };
  const { outRefundNo } = await shop.manager.refund(OPERATOR, request, unique("key"));
  await letPass(shop, 60);
  await deliverAll(shop, channel, outTradeNo);
  await shop.manager.queryRefund(OPERATOR, channel, outRefundNo);
  return outRefundNo;
}

/** Takes what the books know of a refund's end from them, as when nobody had told. */
async function unlearn(outRefundNo: string, { orderId, outTradeNo }: { orderId: string; outTradeNo: string }) {
  const underWay = { refunding: fen(1000), refunded: fen(0) };
  const state = { state: "PROCESSING", succeededAt: null } as const;
  await Promise.all([
    shop.db.update(refundRecords).set(state).where(eq(refundRecords.outRefundNo, outRefundNo)),
    shop.db.update(paymentTransactions).set(underWay).where(eq(paymentTransactions.outTradeNo, outTradeNo)),
    shop.db.update(orders).set(underWay).where(eq(orders.id, orderId)),
  ]);
}

describe.each(["wechat", "alipay"] as const)("%s", (channel) => {
  it("finds nothing when payments and refunds agree, and tells of it", async () => {
    const paid = await newPaidOrder(shop, channel);
    await newPaidOrder(shop, channel);
    await refund(channel, paid);
    const date = await nextMorning(channel);
    expect(await differencesIn(shop, date)).toEqual([]);
    expect(await stateOf(shop, date, channel)).toBe("DONE");
    const counts = { provider: channel, date, lines: 3, healed: 0, reported: 0, unjudged: 0 };
    expect(await reconciledEvents(shop, date, channel)).toEqual([counts]);
  });

  it("settles a payment whose callback was lost", async () => {
    const outTradeNo = await startPayment(shop, await newOrder(shop), channel);
    await payAt(channel, outTradeNo);
    const date = await nextMorning(channel);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_HERE", "HEALED"]]);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "SUCCESS", disposition: "APPLIED" });
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
    expect(await reconciledEvents(shop, date, channel)).toMatchObject([{ healed: 1, reported: 0 }]);
  });

  it("books a refund whose callback was lost", async () => {
    const paid = await newPaidOrder(shop, channel);
    const outRefundNo = await refund(channel, paid);
    await unlearn(outRefundNo, paid);
    const date = await nextMorning(channel);
    expect(await differencesIn(shop, date)).toEqual([[outRefundNo, "MISSING_HERE", "HEALED"]]);
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  });

  it("puts a payment that nobody here made before an operator", async () => {
    const date = await untilTomorrow(shop, READY[channel]);
    const invented = { date, payments: 1 };
    await sandbox("POST", `${channel}/bills`, channel === "wechat" ? { invented } : invented);
    await reconcile(shop);
    const number = `load${date.replaceAll("-", "")}00000000`;
    expect(await differencesIn(shop, date)).toEqual([[number, "MISSING_HERE", "REPORTED"]]);
    expect(await billAnomalies(shop, [number])).toEqual([["BILL_MISSING_HERE", number, "ASK_PROVIDER", 1]]);
  });

  it("records a refund that somebody made at the provider", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    await sandbox("POST", `trades/${channel}/${outTradeNo}/console-refund`, { amount: 700 });
    await letPass(shop, 60);
    const date = await nextMorning(channel);
    expect(await differencesIn(shop, date)).toEqual([[expect.any(String), "MISSING_HERE", "HEALED"]]);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ origin: "EXTERNAL", state: "SUCCESS", amount: 700 }]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
  });

  it("finds a payment and a refund that the bill does not list", async () => {
    const paid = await newPaidOrder(shop, channel);
    const outRefundNo = await refund(channel, paid);
    await loseProvidersBooks(shop);
    const date = await nextMorning(channel);
    const missing = [outRefundNo, paid.outTradeNo].map((number) => [number, "MISSING_THERE", "REPORTED"]);
    expect(await differencesIn(shop, date)).toEqual(missing.sort());
    const anomaly = ["BILL_MISSING_THERE", paid.outTradeNo, "QUERY", 1];
    expect(await billAnomalies(shop, [paid.outTradeNo])).toEqual([anomaly, anomaly]);
  });

  it("finds amounts that differ", async () => {
    const paid = await newPaidOrder(shop, channel);
    const outRefundNo = await refund(channel, paid);
    const { outTradeNo } = paid;
    await shop.db
      .update(paymentTransactions)
      .set({ received: fen(2999) })
      .where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await shop.db
      .update(refundRecords)
      .set({ amount: fen(999) })
      .where(eq(refundRecords.outRefundNo, outRefundNo));
    const date = await nextMorning(channel);
    const differing = [outRefundNo, outTradeNo].map((number) => [number, "AMOUNT_DIFFERS", "REPORTED"]);
    expect(await differencesIn(shop, date)).toEqual(differing.sort());
    const anomaly = ["BILL_AMOUNT_DIFFERS", outTradeNo, "ASK_PROVIDER", 1];
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([anomaly, anomaly]);
  });

  it("has nothing to compare on a day without business", async () => {
    const date = await nextMorning(channel);
    expect(await stateOf(shop, date, channel)).toBe("DONE");
    expect(await reconciledEvents(shop, date, channel)).toMatchObject([{ lines: 0, healed: 0, reported: 0 }]);
  });
});
