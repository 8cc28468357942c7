/** The figures of what happened: how payments ended, how long calls took, how late the news came. */
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { JOB_NAMES, runJobs } from "../../src/jobs/run.ts";
import { type Figures, readFigures, type WindowMinutes } from "../../src/payments/figures/read-figures.ts";
import { letPass } from "./support/afresh.ts";
import { clearFaults, deliverAll, misbehave, payAt, roundTrips, setFaults } from "./support/controls.ts";
import { emptyBooks } from "./support/empty-books.ts";
import { METHOD_OF, newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { closeInTheBooks } from "./support/records.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = openShop();
  await emptyBooks(shop);
});

const look = (minutes: WindowMinutes = 60): Promise<Figures> => readFigures(shop.ctx, minutes, JOB_NAMES);

describe("the success rate", () => {
  const refusedPayment = async () => {
    const { customer, orderId, amount } = await newOrder(shop);
    await misbehave({ kind: "refuse", operation: "create", code: "NO_AUTH", status: 403 });
    const request = { method: METHOD_OF.wechat, orderId, amount };
    await expect(shop.manager.create(customer, "wechat", request)).rejects.toThrow();
  };

  it("counts every attempt that ended, by method, and every order", async () => {
    await newPaidOrder(shop, "wechat");
    await newPaidOrder(shop, "alipay");
    await refusedPayment();
    const left = await newOrder(shop);
    await startPayment(shop, left, "wechat");
    await startPayment(shop, await newOrder(shop), "wechat");
    expect((await look()).success.attempts).toEqual({ paid: 2, unapplied: 0, failed: 1, closed: 0, rate: 2 / 3 });
    await letPass(shop, 31 * 60);
    await runJobs(shop.ctx);
    const { attempts, byMethod, orders: ended } = (await look()).success;
    expect(attempts).toEqual({ paid: 2, unapplied: 0, failed: 1, closed: 2, rate: 2 / 5 });
    expect(byMethod).toEqual([
      { provider: "alipay", name: "ALIPAY_QR", paid: 1, unapplied: 0, failed: 0, closed: 0, rate: 1 },
      { provider: "wechat", name: "WECHAT_NATIVE", paid: 1, unapplied: 0, failed: 1, closed: 2, rate: 1 / 4 },
    ]);
    expect(ended).toEqual({ paid: 2, closed: 3, rate: 2 / 5 });
  });

  it("is of what ended within the window, and null when nothing did", async () => {
    await newPaidOrder(shop, "wechat");
    await letPass(shop, 14 * 60);
    expect((await look(15)).success.attempts.paid).toBe(1);
    expect((await look(5)).success).toMatchObject({ attempts: { paid: 0, rate: null }, orders: { rate: null } });
  });

  it("counts money that came late when it came, and the attempt no longer as closed", async () => {
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await payAt("wechat", outTradeNo);
    await closeInTheBooks(shop, outTradeNo);
    await shop.db
      .update(paymentTransactions)
      .set({ closedAt: new Date(shop.ctx.now()) })
      .where(eq(paymentTransactions.outTradeNo, outTradeNo));
    expect((await look()).success.attempts).toMatchObject({ paid: 0, closed: 1, rate: 0 });
    await letPass(shop, 3600);
    await deliverAll(shop, "wechat", outTradeNo);
    const { success, callbacks } = await look(15);
    expect(success.attempts).toEqual({ paid: 1, unapplied: 0, failed: 0, closed: 0, rate: 1 });
    expect(callbacks.booking).toMatchObject([{ provider: "wechat", count: 1 }]);
    expect(callbacks.booking[0]?.p50Ms).toBeGreaterThanOrEqual(3_600_000);
    expect(callbacks.delay[0]?.meanMs).toBeGreaterThanOrEqual(3_600_000);
    expect((await look(1440)).success.attempts).toMatchObject({ paid: 1, closed: 0 });
  });

  it("tells money that could not pay its order from money that did", async () => {
    const outTradeNo = await startPayment(shop, await newOrder(shop), "wechat");
    await payAt("wechat", outTradeNo, 2999);
    await deliverAll(shop, "wechat", outTradeNo);
    const { success } = await look();
    expect(success.attempts).toEqual({ paid: 0, unapplied: 1, failed: 0, closed: 0, rate: 1 });
    expect(success.orders).toEqual({ paid: 0, closed: 0, rate: null });
  });
});

describe("response times", () => {
  it("of calls to providers say whether they were answered", async () => {
    await newPaidOrder(shop, "wechat");
    for (const fault of [
      { kind: "refuse", code: "NO_AUTH", status: 403 },
      { kind: "drop_before", times: 9 },
    ]) {
      await misbehave({ ...fault, operation: "create" });
      await startPayment(shop, await newOrder(shop), "wechat").catch(() => {});
    }
    await shop.idle();
    const { calls } = (await look()).response;
    expect(calls.map(({ provider, name, outcome }) => [provider, name, outcome])).toEqual([
      ["wechat", "create", "error"],
      ["wechat", "create", "ok"],
      ["wechat", "create", "silent"],
    ]);
    for (const { count, meanMs, p50Ms, p99Ms } of calls) {
      expect(count).toBeGreaterThan(0);
      expect(meanMs).toBeLessThan(10_000);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms ?? 0);
    }
  });
});

it("takes two round trips, and gives up when the database does not answer", async () => {
  const requestId = unique("request");
  await readFigures(openShop({ requestId }).ctx, 1440, JOB_NAMES);
  expect(await roundTrips(requestId)).toBe(2);
  await setFaults({ latencyMs: 15_000 });
  const startedAt = Date.now();
  await expect(look()).rejects.toThrow("did not answer in time");
  expect(Date.now() - startedAt).toBeLessThan(8000);
  await clearFaults();
  await shop.db.execute(sql`select 1`);
});
