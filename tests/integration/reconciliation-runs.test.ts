/** Runs of reconciliation: late and torn bills, many at once, pauses. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billDays, billDifferences, billEntries } from "../../db/schema/bills.ts";
import { anomalies } from "../../db/schema/records.ts";
import { purge } from "../../src/jobs/purge.ts";
import { reconcileBills } from "../../src/jobs/reconcile.ts";
import { BillError } from "../../src/providers/bills/error.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import {
  billAnomalies,
  differencesIn,
  invent,
  openDay,
  reconcile,
  rerun,
  stateOf,
  untilTomorrow,
  withBills,
} from "./support/bills.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { openShop, type Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

describe("a bill that does not come", () => {
  it.each([
    ["wechat", "STATEMENT_CREATING"],
    ["alipay", "BILL_NOT_EXIST"],
  ] as const)("is asked for again (%s)", async (channel, code) => {
    await newPaidOrder(shop, channel);
    const date = await untilTomorrow(shop, 10);
    const fault = { kind: "refuse", provider: channel, operation: "bill", code };
    await sandbox("POST", "faults", channel === "wechat" ? { ...fault, status: 400 } : fault);
    await reconcile(shop);
    expect(await stateOf(shop, date, channel)).toBe("WAITING");
    await letPass(shop, 60);
    await reconcile(shop);
    expect(await stateOf(shop, date, channel)).toBe("DONE");
    expect(await differencesIn(shop, date)).toEqual([]);
  });

  it("is put before an operator after three days, who can have it asked for once more", async () => {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await misbehave({ kind: "refuse", operation: "bill", code: "NO_AUTH", status: 403, times: 1000 });
    for (let days = 0; days < 4; days++) {
      await reconcile(shop);
      await letPass(shop, 86_400);
    }
    expect(await stateOf(shop, date, "wechat")).toBe("UNAVAILABLE");
    const [anomaly] = await shop.db
      .select()
      .from(anomalies)
      .where(eq(anomalies.subjectKey, `BILL_UNAVAILABLE:wechat:${date}`));
    expect(anomaly).toMatchObject({ state: "OPEN", suggestion: "ASK_PROVIDER", seen: 1 });
    await sandbox("DELETE", "faults");
    await rerun(shop, date);
    await reconcile(shop);
    expect(await stateOf(shop, date, "wechat")).toBe("DONE");
    expect(await differencesIn(shop, date)).toEqual([]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
  });

  it("counts for nothing when it breaks off", async () => {
    await newPaidOrder(shop, "wechat");
    await newPaidOrder(shop, "wechat");
    const date = await untilTomorrow(shop, 10);
    await reconcileBills(withBills(shop, "wechat", torn).ctx, 50);
    expect(await stateOf(shop, date, "wechat")).toBe("WAITING");
    expect(await shop.db.select().from(billEntries).where(eq(billEntries.billDate, date))).toHaveLength(400);
    await letPass(shop, 60);
    await reconcile(shop);
    expect(await stateOf(shop, date, "wechat")).toBe("DONE");
    expect(await differencesIn(shop, date)).toEqual([]);
    const left = await shop.db.select().from(billEntries).where(eq(billEntries.billDate, date));
    expect(left.map(({ loadNo }) => loadNo)).toEqual([2, 2]);
  });
});

/** So many lines that some of them have been written down by the time that no more come. */
async function* torn<T>(lines: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const line of lines) {
    for (let times = 0; times < 400; times++) yield line;
    throw new BillError("interrupted", "the bill broke off");
  }
}

it("is done once by many runs at the same time", async () => {
  await newPaidOrder(shop, "wechat");
  await newPaidOrder(shop, "alipay");
  const date = await untilTomorrow(shop, 10);
  const number = await invent(date);
  const others = [1, 2, 3].map(() => openShop());
  for (const other of others) catchUp(other);
  await Promise.all([shop, ...others].map(reconcile));
  await letPass(shop, 120);
  await reconcile(shop);
  expect(await differencesIn(shop, date)).toEqual([[number, "MISSING_HERE", "REPORTED"]]);
  expect(await billAnomalies(shop, [number])).toEqual([["BILL_MISSING_HERE", number, "ASK_PROVIDER", 1]]);
  const days = await shop.db.select().from(billDays).where(eq(billDays.billDate, date));
  expect(days.map(({ state, entryCount }) => [state, entryCount])).toEqual([
    ["DONE", 1],
    ["DONE", 2],
  ]);
  const faults = [shop, ...others].flatMap(({ lines }) => lines.filter((line) => line.includes('"level":"error"')));
  expect(faults).toEqual([]);
});

it("catches up after a pause of the jobs", async () => {
  await newPaidOrder(shop, "alipay");
  const first = await untilTomorrow(shop, 10);
  await reconcile(shop);
  await letPass(shop, 3 * 86_400);
  await reconcile(shop);
  const days = await shop.db.select().from(billDays).where(eq(billDays.provider, "alipay"));
  expect(days.map(({ state }) => state)).toEqual(["DONE", "DONE", "DONE", "DONE"]);
  expect(days.map(({ billDate }) => billDate).sort()[0]).toBe(first);
  expect(await shop.db.select().from(billDifferences)).toEqual([]);
});

it("keeps lines of bills no longer than records are kept, and differences for ever", async () => {
  await newPaidOrder(shop, "wechat");
  const date = await untilTomorrow(shop, 10);
  await invent(date);
  await reconcile(shop);
  const kept = async () => (await shop.db.select().from(billEntries).where(eq(billEntries.billDate, date))).length;
  const short = { ...shop.ctx, settings: { ...shop.ctx.settings, retentionDays: 3 } };
  await purge(short, 50);
  expect(await kept()).toBe(2);
  shop.advance(4 * 86_400);
  await purge(short, 50);
  expect(await kept()).toBe(0);
  expect(await differencesIn(shop, date)).toHaveLength(1);
});
