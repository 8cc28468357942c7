/** Days that are reconciled once more. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billEntries } from "../../db/schema/bills.ts";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { billDaysBetween, findBillDay } from "../../db/statements/bill-day.ts";
import { purge } from "../../src/jobs/purge.ts";
import { fen } from "../../src/money.ts";
import { addDays, spanOf } from "../../src/payments/reconciliation/calendar.ts";
import { loadBill } from "../../src/payments/reconciliation/load-bill.ts";
import { concludeBillDay, pursueBillDay } from "../../src/payments/reconciliation/reconcile-day.ts";
import { rerunBillDay } from "../../src/payments/reconciliation/rerun.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  billAnomalies,
  differencesIn,
  invent,
  loseProvidersBooks,
  openDay,
  reconcile,
  reconciledEvents,
  rerun,
  stateOf,
  today,
  untilTomorrow,
} from "./support/bills.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { OPERATOR, type Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

describe("a day that is reconciled once more", () => {
  it("is as before, and nobody hears of it twice", async () => {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    const number = await invent(date);
    await shop.db
      .update(paymentTransactions)
      .set({ state: "PENDING", disposition: null })
      .where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await reconcile(shop);
    const picture = async () => ({
      differences: await differencesIn(shop, date),
      state: await stateOf(shop, date, "wechat"),
      events: await reconciledEvents(shop, date, "wechat"),
      anomalies: await billAnomalies(shop, [number, outTradeNo]),
      lines: (await shop.db.select().from(billEntries).where(eq(billEntries.billDate, date))).length,
    });
    const before = await picture();
    expect(before).toMatchObject({ state: "DONE", events: [{ healed: 1, reported: 1 }], lines: 2 });
    for (const _ of [1, 2]) {
      await rerun(shop, date);
      expect(await stateOf(shop, date, "wechat")).toBe("WAITING");
      await reconcile(shop);
      expect(await picture()).toEqual(before);
    }
  });

  it("shows a fee that is another one by now", async () => {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([]);
    await shop.db.update(billEntries).set({ fee: 17 }).where(eq(billEntries.number, outTradeNo));
    await rerun(shop, date);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "FEE_DIFFERS", "REPORTED"]]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([["BILL_FEE_DIFFERS", outTradeNo, "ASK_PROVIDER", 1]]);
  });

  it("shows it also when the day is looked at before the fee is", async () => {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    await shop.db.update(billEntries).set({ fee: 17 }).where(eq(billEntries.number, outTradeNo));
    const day = await rerun(shop, date);
    await pursueBillDay(shop.ctx, day);
    const [compared] = await findBillDay(shop.db, day);
    if (compared?.state !== "COMPARED") throw new Error(`the day is ${compared?.state}`);
    await concludeBillDay(shop.ctx, compared);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "FEE_DIFFERS", "REPORTED"]]);
  });

  it("leaves none of the days before it out that the jobs have not come to", async () => {
    const first = await untilTomorrow(shop, 10);
    await reconcile(shop);
    await letPass(shop, 13 * 86_400);
    await rerun(shop, addDays(first, 13));
    await reconcile(shop);
    const days = await billDaysBetween(shop.db, "wechat", first, today(shop));
    expect(days.map(({ billDate, state }) => [billDate, state])).toEqual(
      Array.from({ length: 14 }, (_, later) => [addDays(first, later), "DONE"]),
    );
  });

  it("is compared with all of its bill though that is older than records are kept", async () => {
    await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    await letPass(shop, 6 * 86_400);
    const { ctx } = shop;
    const short = { ...ctx, settings: { ...ctx.settings, retentionDays: 3 } };
    const day = await rerun(shop, date);
    expect(await loadBill(short, day)).toBe(true);
    for (let times = 0; times < 2; times++) await purge(short, 50);
    await reconcile({ ...shop, ctx: short });
    expect(await stateOf(shop, date, "wechat")).toBe("DONE");
    expect(await differencesIn(shop, date)).toEqual([]);
    for (let times = 0; times < 2; times++) await purge(short, 50);
    expect(await shop.db.select().from(billEntries).where(eq(billEntries.billDate, date))).toEqual([]);
  });

  it("does not judge what may stand in a bill that is not kept any more", async () => {
    const before = await untilTomorrow(shop, 10);
    await reconcile(shop);
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([]);
    // As if our clock had been late, and the bill of the day before listed it.
    await shop.db.update(billEntries).set({ billDate: before }).where(eq(billEntries.number, outTradeNo));
    const paidAt = new Date(spanOf(date).from.getTime() + 1000);
    await shop.db.update(paymentTransactions).set({ paidAt }).where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await letPass(shop, 6 * 86_400);
    const { ctx } = shop;
    const short = { ...ctx, settings: { ...ctx.settings, retentionDays: 3 } };
    await reconcile(shop);
    await purge(short, 50);
    await loseProvidersBooks(shop);
    await rerun(shop, date);
    await reconcile({ ...shop, ctx: short });
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "MISSING_THERE", "UNJUDGED"]]);
  });

  it("heals what was reported and has been put right since", async () => {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const received = (amount: number) =>
      shop.db
        .update(paymentTransactions)
        .set({ received: fen(amount) })
        .where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await received(2999);
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "AMOUNT_DIFFERS", "REPORTED"]]);
    await received(3000);
    await rerun(shop, date);
    await reconcile(shop);
    expect(await differencesIn(shop, date)).toEqual([[outTradeNo, "AMOUNT_DIFFERS", "HEALED"]]);
  });

  it("is refused for a day without a bill, and for points", async () => {
    await expect(rerun(shop, today(shop))).rejects.toMatchObject({ code: "BAD_INPUT" });
    const points = { provider: "points", billDate: "2026-01-01", reason: "x" } as const;
    await expect(rerunBillDay(shop.ctx, OPERATOR, points)).rejects.toMatchObject({ code: "METHOD_UNAVAILABLE" });
  });
});
