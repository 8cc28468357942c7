/** The figures of how things stand: stock beside its journal, and what is abnormal. */
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { billDays } from "../../db/schema/bills.ts";
import { orders } from "../../db/schema/orders.ts";
import { inventoryItems, inventoryLogs } from "../../db/schema/stock.ts";
import { JOB_NAMES, runJobs } from "../../src/jobs/run.ts";
import { recordAnomaly } from "../../src/payments/anomalies.ts";
import { type Figures, readFigures, type WindowMinutes } from "../../src/payments/figures/read-figures.ts";
import { compareShelves } from "../../src/payments/stock/compare-shelves.ts";
import { letPass } from "./support/afresh.ts";
import { clearFaults, deliverAll, misbehave, payAt, setFaults } from "./support/controls.ts";
import { emptyBooks } from "./support/empty-books.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { newSku, openShop, type Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = openShop();
  await emptyBooks(shop);
});

const look = (minutes: WindowMinutes = 60): Promise<Figures> => readFigures(shop.ctx, minutes, JOB_NAMES);

describe("stock", () => {
  it("that is not what its journal adds up to is found, and forgotten when it is right again", async () => {
    const [good, bad] = [await newSku(shop, 10), await newSku(shop, 10)];
    const set = (onHand: number) => shop.db.update(inventoryItems).set({ onHand }).where(eq(inventoryItems.sku, bad));
    await set(9);
    expect((await look()).stock).toMatchObject({ differing: { count: 0 }, lastPass: null });
    await runJobs(shop.ctx, ["shelves"]);
    expect((await look()).stock).toMatchObject({ differing: { count: 1 }, lastPass: { looked: 2, unlooked: 0 } });
    expect(shop.lines.filter((line) => line.includes('"stock.differs"')).join()).toContain(bad);
    expect(shop.lines.join()).not.toContain(good);
    await set(10);
    await runJobs(shop.ctx, ["shelves"]);
    expect((await look()).stock.differing.count).toBe(1);
    await letPass(shop, 3601);
    await runJobs(shop.ctx, ["shelves"]);
    expect((await look()).stock.differing).toEqual({ count: 0, oldest: null });
  });

  it("is compared a bounded number of shelves at a time, by many at once, and none is left out", async () => {
    for (let n = 0; n < 7; n++) await newSku(shop, 10);
    await newOrder(shop);
    const others = [openShop(), openShop()];
    for (let run = 0; run < 4; run++) {
      await Promise.all([shop, ...others].map(({ ctx }) => compareShelves(ctx, 3)));
    }
    const { stock } = await look();
    expect(stock).toMatchObject({ differing: { count: 0 }, lastPass: { looked: 8 } });
  });

  it("goes on behind a journal that can't be summed up, and stops when the database is what is wrong", async () => {
    for (let n = 0; n < 3; n++) await newSku(shop, 10);
    const lost = { match: "from inventory_logs l", when: "before", how: "drop" } as const;
    await setFaults({ fail: [1, 2, 3, 4].map((at) => ({ at, ...lost })) });
    await compareShelves(shop.ctx, 10);
    await clearFaults();
    expect((await look()).stock.lastPass).toMatchObject({ looked: 2, unlooked: 1 });
    await letPass(shop, 3601);
    await setFaults({ fail: Array.from({ length: 20 }, (_, at) => ({ at: at + 1, ...lost })) });
    await expect(compareShelves(shop.ctx, 10)).rejects.toThrow("can't be read");
    await clearFaults();
  });

  it("short, low, kept past a deadline or not taken for a payment shows at once", async () => {
    const overdue = await newOrder(shop);
    const paid = await newPaidOrder(shop, "wechat");
    const at = new Date(shop.ctx.now() - 20 * 60_000);
    await shop.db.update(orders).set({ expiresAt: at, nextCheckAt: at }).where(eq(orders.id, overdue.orderId));
    await shop.db.update(inventoryLogs).set({ state: "PENDING" }).where(eq(inventoryLogs.orderId, paid.orderId));
    await shop.db.update(inventoryItems).set({ shortage: 3, lowAt: 100 }).where(eq(inventoryItems.sku, overdue.sku));
    const { stock } = await look();
    expect(stock).toMatchObject({
      short: { count: 1, pieces: 3 },
      low: { count: 1 },
      unposted: { count: 1 },
      overdue: { count: 1 },
    });
    const age = shop.ctx.now() - (stock.overdue.oldest?.getTime() ?? 0);
    expect(age / 60_000).toBeCloseTo(20, 0);
  });

  it("has nothing to show of a shop in order", async () => {
    await newPaidOrder(shop, "wechat");
    await startPayment(shop, await newOrder(shop), "alipay");
    await runJobs(shop.ctx);
    const { stock, abnormal } = await look();
    expect(stock).toMatchObject({
      differing: { count: 0 },
      short: { count: 0, pieces: 0 },
      low: { count: 0 },
      unposted: { count: 0 },
      overdue: { count: 0 },
    });
    expect(abnormal.anomalies.filter(({ count }) => count > 0)).toEqual([]);
    expect(abnormal.inDoubt.map(({ count }) => count)).toEqual([0, 0, 0]);
    expect(abnormal.held).toEqual({ count: 0, oldest: null, amount: 0 });
  });
});

describe("what is abnormal", () => {
  it("is counted by kind, with the oldest", async () => {
    const at = shop.ctx.now();
    await recordAnomaly(shop.ctx, { kind: "UNKNOWN_TRADE", number: "1", detail: {} });
    await letPass(shop, 60);
    await recordAnomaly(shop.ctx, { kind: "UNKNOWN_TRADE", number: "2", detail: {} });
    await recordAnomaly(shop.ctx, { kind: "REFUND_FAILED", number: "1", detail: {} });
    const found = (await look()).abnormal.anomalies.filter(({ count }) => count > 0);
    expect(found.map(({ kind, count }) => [kind, count])).toEqual([
      ["UNKNOWN_TRADE", 2],
      ["REFUND_FAILED", 1],
    ]);
    expect(Math.abs((found[0]?.oldest?.getTime() ?? 0) - at)).toBeLessThan(5000);
  });

  it("holds what money waits for an operator", async () => {
    const outTradeNo = await startPayment(shop, await newOrder(shop), "wechat");
    await payAt("wechat", outTradeNo, 2999);
    await deliverAll(shop, "wechat", outTradeNo);
    expect((await look()).abnormal.held).toMatchObject({ count: 1, amount: 2999 });
  });

  it("has attempts that nobody has heard of for a minute", async () => {
    await misbehave({ kind: "drop_before", operation: "create", times: 9 });
    await startPayment(shop, await newOrder(shop), "wechat").catch(() => {});
    const doubts = async () => (await look()).abnormal.inDoubt.map(({ what, count }) => [what, count]);
    expect(await doubts()).toEqual([
      ["attempt", 0],
      ["refund", 0],
      ["transfer", 0],
    ]);
    await letPass(shop, 61);
    expect((await doubts())[0]).toEqual(["attempt", 1]);
  });

  it("has bills that were not compared to their end", async () => {
    const counts = { loads: 0, loadNo: 0, previousLoadNo: 0, entryCount: 0, steps: 0, checks: 0 };
    const day = { ...counts, provider: "wechat" as const, waitingSince: new Date() };
    await shop.db.insert(billDays).values([
      { ...day, billDate: "2026-01-01", state: "DONE" },
      { ...day, billDate: "2026-01-02", state: "UNAVAILABLE" },
      { ...day, billDate: "2026-01-03", state: "WAITING" },
    ]);
    expect((await look()).abnormal.unreconciled).toMatchObject([
      { provider: "wechat", count: 2 },
      { provider: "alipay", count: 0 },
    ]);
  });

  it("has a job whose last run failed, and when it last had none", async () => {
    const jobOf = async (name: string) => (await look()).abnormal.jobs.find((job) => job.name === name);
    expect(await jobOf("orders")).toBeUndefined();
    await runJobs(shop.ctx, ["orders", "stock"]);
    const first = await jobOf("orders");
    expect(first).toMatchObject({ ok: true, lastSuccess: expect.any(Date) });
    await letPass(shop, 60);
    await setFaults({
      fail: [1, 2].map((at) => ({ at, match: "from `orders`", when: "before", how: "drop" as const })),
    });
    await expect(runJobs(shop.ctx, ["orders", "stock"])).rejects.toThrow();
    await clearFaults();
    expect(await jobOf("orders")).toEqual({ name: "orders", ok: false, lastSuccess: first?.lastSuccess });
    expect((await jobOf("stock"))?.lastSuccess?.getTime()).toBeGreaterThan(first?.lastSuccess?.getTime() ?? 0);
  });
});
