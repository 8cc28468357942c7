/** Large bills, in bounded round trips, each over an index; and runs that die at any statement. */
import { eq, inArray, like } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billDays, billDifferences, billEntries } from "../../db/schema/bills.ts";
import { events } from "../../db/schema/history.ts";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { anomalies } from "../../db/schema/records.ts";
import { findBillDay } from "../../db/statements/bill-day.ts";
import { paymentPairs, refundPairs } from "../../db/statements/bill-entry.ts";
import { ourCaptures, ourPayments, ourRefunds } from "../../db/statements/bill-ours.ts";
import { reconcileBills } from "../../src/jobs/reconcile.ts";
import { fen } from "../../src/money.ts";
import { spanOf } from "../../src/payments/reconciliation/calendar.ts";
import { ProviderRegistry } from "../../src/providers/registry.ts";
import { accessesOf } from "./support/accesses.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import {
  billAnomalies,
  differencesIn,
  openDay,
  reconcile,
  reconciledEvents,
  stateOf,
  untilTomorrow,
} from "./support/bills.ts";
import { clearFaults, roundTrips, sandbox, setFaults } from "./support/controls.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

const LINES = 20_000;
const DAY_MS = 86_400_000;

/** Payments of a day as the simulator invents them, in our books. */
async function bookInvented(date: string, template: typeof paymentTransactions.$inferSelect): Promise<void> {
  const { openMethod: _, ...row } = template;
  const { from } = spanOf(date);
  for (let start = 0; start < LINES; start += 1000) {
    const rows = Array.from({ length: 1000 }, (_, offset) => {
      const index = start + offset;
      const amount = fen(1 + ((index * 7919) % 100_000));
      const outTradeNo = `load${date.replaceAll("-", "")}${String(index).padStart(8, "0")}`;
      const paidAt = new Date(from.getTime() + Math.floor((index * DAY_MS) / LINES));
      const own = { outTradeNo, providerTradeNo: null, requestKey: null, amount, received: amount, paidAt };
      return { ...row, ...own };
    });
    await shop.db.insert(paymentTransactions).values(rows);
  }
}

const numberOf = (date: string, index: number) => `load${date.replaceAll("-", "")}${String(index).padStart(8, "0")}`;

it("compares 20,000 payments in a bounded number of round trips, each over an index", {
  timeout: 120_000,
}, async () => {
  const { outTradeNo } = await newPaidOrder(shop, "wechat");
  const template = await attemptOf(shop, outTradeNo);
  const date = await untilTomorrow(shop, 10);
  if (!template) throw new Error("no attempt");
  await bookInvented(date, template);
  await sandbox("POST", "wechat/bills", { invented: { date, payments: LINES } });
  const change = (index: number) => eq(paymentTransactions.outTradeNo, numberOf(date, index));
  await shop.db.delete(paymentTransactions).where(change(700));
  await shop.db
    .update(paymentTransactions)
    .set({ received: fen(1) })
    .where(change(19_999));
  await shop.db
    .update(paymentTransactions)
    .set({ outTradeNo: `${numberOf(date, 9000)}x` })
    .where(change(9000));

  const requestId = unique("request");
  const counted = openShop({ requestId });
  catchUp(counted);
  await reconcile(counted);
  expect(await differencesIn(shop, date)).toEqual([
    [numberOf(date, 700), "MISSING_HERE", "REPORTED"],
    [numberOf(date, 9000), "MISSING_HERE", "REPORTED"],
    [`${numberOf(date, 9000)}x`, "MISSING_THERE", "REPORTED"],
    [numberOf(date, 19_999), "AMOUNT_DIFFERS", "REPORTED"],
  ]);
  expect(await stateOf(shop, date, "wechat")).toBe("DONE");
  // Fifty to write the lines down, three for each of forty pages on either side.
  expect(await roundTrips(requestId)).toBeLessThan(400);

  const [day] = await findBillDay(shop.db, { provider: "wechat", billDate: date });
  if (!day) throw new Error("no day");
  const after = { after: { number: numberOf(date, 15_000), providerNo: "" } };
  const at = { at: new Date(spanOf(date).from.getTime() + 1000), number: "" };
  const queries = [
    paymentPairs(shop.db, day, after, 500),
    refundPairs(shop.db, day, after, 500),
    ...[ourPayments, ourRefunds, ourCaptures].map((ours) => ours(shop.db, "wechat", spanOf(date), at, 500)),
  ];
  for (const query of queries) {
    const read = await accessesOf(shop.db, query.getSQL());
    expect(read).not.toEqual([]);
    // An engine needs no index for a table without rows.
    const filled = read.filter(({ rows }) => Number(rows) > 1);
    expect(filled.filter(({ type }) => type === "ALL" || type === "index")).toEqual([]);
  }
  await shop.db
    .delete(paymentTransactions)
    .where(like(paymentTransactions.outTradeNo, `load${date.replaceAll("-", "")}%`));
});

describe("a run whose database goes away at any of its statements", () => {
  const onlyWechat = (caller: Shop): Shop => ({
    ...caller,
    ctx: { ...caller.ctx, providers: new ProviderRegistry([caller.ctx.providers.get("wechat")]) },
  });

  /** Forgets all that reconciliation has written. */
  const forget = async (date: string, numbers: readonly string[]) => {
    await Promise.all([billDays, billDifferences, billEntries].map((table) => shop.db.delete(table)));
    await shop.db.delete(anomalies).where(inArray(anomalies.outTradeNo, [...numbers]));
    await shop.db.delete(events).where(eq(events.subjectKey, `books.reconciled:wechat:${date}`));
  };

  it.each(["before", "after"] as const)(
    "is made up for by the next: lost %s it took effect",
    { timeout: 120_000 },
    async (when) => {
      const { outTradeNo } = await newPaidOrder(shop, "wechat");
      const { outTradeNo: unlike } = await newPaidOrder(shop, "wechat");
      await shop.db
        .update(paymentTransactions)
        .set({ received: fen(2999) })
        .where(eq(paymentTransactions.outTradeNo, unlike));
      const date = await untilTomorrow(shop, 10);
      await sandbox("POST", "wechat/bills", { invented: { date, payments: 1 } });
      const numbers = [numberOf(date, 0), outTradeNo, unlike];
      const picture = async () => ({
        state: await stateOf(shop, date, "wechat"),
        differences: await differencesIn(shop, date),
        anomalies: (await billAnomalies(shop, numbers)).map(([kind, number]) => [kind, number]),
        events: await reconciledEvents(shop, date, "wechat"),
        lines: (await shop.db.select().from(billEntries)).length,
      });
      await reconcile(onlyWechat(shop));
      const expected = await picture();
      expect(expected).toMatchObject({ state: "DONE", events: [{ reported: 2 }], lines: 3 });
      for (let n = 1, trips = n; n <= trips; n++) {
        await forget(date, numbers);
        const requestId = unique("request");
        const struck = openShop({ requestId });
        catchUp(struck);
        await setFaults({ fail: [0, 1].map((next) => ({ at: n + next, when, how: "drop" as const })) });
        await Promise.allSettled([reconcileBills(onlyWechat(struck).ctx, 50)]);
        trips = await roundTrips(requestId);
        await clearFaults();
        await letPass(shop, 11 * 60);
        await reconcile(onlyWechat(shop));
        const { anomalies: found, ...rest } = await picture();
        expect({ anomalies: found, ...rest }, `statement ${n}`).toEqual(expected);
        expect(n).toBeLessThan(60);
      }
    },
  );
});
