/** What has outlived its retention is deleted, and nothing else ever is. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billEntries } from "../../db/schema/bills.ts";
import { events, operatorActions, providerCalls } from "../../db/schema/history.ts";
import { anomalies, notifications } from "../../db/schema/records.ts";
import { expirePoints } from "../../src/jobs/expire-points.ts";
import { purge } from "../../src/jobs/purge.ts";
import { fen } from "../../src/money.ts";
import { recordAnomaly } from "../../src/payments/anomalies.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { grantPoints } from "../../src/payments/points/account.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { setFaults } from "./support/controls.ts";
import { newService, pay, refundMoney } from "./support/points.ts";
import { newPaidOrder, subjectsOf } from "./support/purchases.ts";
import { DAY, KEPT_DAYS, purgeToTheEnd } from "./support/purging.ts";
import { newCustomer, OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

const AT_A_TIME = 50;

/** Nothing is left that others have made old. */
beforeEach(async () => {
  await startAfresh();
  await purgeToTheEnd(openShop());
});
afterAll(startAfresh);

/** One record of each kind that is kept for a while, all under one name. Returns which of them are there. */
async function writeRecords(shop: Shop, daysAgo: number): Promise<() => Promise<string[]>> {
  const { db } = shop;
  const name = unique("R").slice(0, 26);
  const at = new Date(shop.ctx.now() - daysAgo * DAY * 1000);
  await Promise.all([
    db.insert(events).values({ id: name, kind: "stock.low", subjectKey: name, detail: "{}", createdAt: at }),
    db.insert(providerCalls).values({
      ...{ id: name, sentAt: at, provider: "wechat", operation: "query", number: name, request: "", durationMs: 1 },
    }),
    db.insert(notifications).values({
      ...{ provider: "alipay", notifyId: name, event: "trade", outcome: "APPLIED", deliveries: 1 },
      ...{ receivedAt: at, processingMs: 1 },
    }),
    db.insert(billEntries).values({
      ...{ provider: "wechat", billDate: at.toISOString().slice(0, 10), loadNo: 1, line: 1, kind: "payment" },
      ...{ number: name, providerNo: "-", outTradeNo: name, amount: fen(1), fee: null, status: "success", at },
    }),
  ]);
  return async () => {
    const { rows } = await db.execute(sql`
      select 'event' as found from events where id = ${name}
      union all select 'call' from provider_calls where id = ${name}
      union all select 'notification' from notifications where provider = 'alipay' and notify_id = ${name}
      union all select 'line' from bill_entries where provider = 'wechat' and number = ${name}`);
    return (rows as { found: string }[]).map(({ found }) => found).toSorted();
  };
}

const ALL = ["call", "event", "line", "notification"];

describe("records", () => {
  it("are deleted once they have been kept as long as the shop says, not before", async () => {
    const shop = openShop();
    const [old, younger] = [await writeRecords(shop, KEPT_DAYS + 2), await writeRecords(shop, KEPT_DAYS - 2)];
    expect(await purge(shop.ctx, AT_A_TIME)).toBe(1);
    expect([await old(), await younger()]).toEqual([[], ALL]);
    expect(await purge(openShop({ settings: { retentionDays: KEPT_DAYS - 3 } }).ctx, AT_A_TIME)).toBe(1);
    expect(await younger()).toEqual([]);
  });

  it("go a few at a time, whoever stops in between, and any number of runs at once do the same as one", async () => {
    const shop = openShop();
    const old = await Promise.all(Array.from({ length: 7 }, () => writeRecords(shop, KEPT_DAYS + 2)));
    const left = async () => (await Promise.all(old.map((records) => records()))).flat().length;
    expect(await purge(shop.ctx, 3)).toBe(3);
    expect(await left()).toBe(4 * ALL.length);
    await Promise.all(Array.from({ length: 5 }, () => purge(openShop().ctx, 3)));
    await purgeToTheEnd(shop);
    expect(await left()).toBe(0);
    expect(await purge(shop.ctx, 3)).toBe(0);
  });

  it("of one kind that can't be deleted keep no others", async () => {
    const shop = openShop();
    const old = await writeRecords(shop, KEPT_DAYS + 2);
    await setFaults({
      fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match: "delete from `events`" })),
    });
    await purge(shop.ctx, AT_A_TIME);
    expect(await old()).toEqual(["event"]);
    expect(shop.lines.filter((line) => line.includes('"what":"purge"'))).toHaveLength(1);
    await purge(shop.ctx, AT_A_TIME);
    expect(await old()).toEqual([]);
  });

  it("of money, goods and people are kept for good", async () => {
    const shop = openShop({ settings: { pointsPerYuan: 1 } });
    const purchase = await newPaidOrder(shop, "alipay");
    const { customer, orderId, sku } = purchase;
    const closed = await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 1 }] });
    await cancelOrder(shop.ctx, customer, closed.orderId);
    await refundMoney(shop, purchase, 1000);
    await grantPoints(shop.ctx, OPERATOR, { userId: customer.id, points: 1, reason: "生日" });
    await recordAnomaly(shop.ctx, { kind: "UNKNOWN_TRADE", number: orderId, orderId, detail: {} });
    shop.advance((KEPT_DAYS + 1) * DAY);
    await purgeToTheEnd(shop);
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "PAID", refundedAmount: 1000 });
    expect(await getOrder(shop.ctx, OPERATOR, closed.orderId)).toMatchObject({ status: "CLOSED" });
    expect(await shop.db.select().from(anomalies).where(eq(anomalies.orderId, orderId))).toHaveLength(1);
    expect(await shop.db.select().from(operatorActions).where(eq(operatorActions.subject, customer.id))).toHaveLength(
      1,
    );
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});

describe("what was told once", () => {
  const toldOf = async (shop: Shop, userId: string) => {
    const rows = await shop.db
      .select()
      .from(events)
      .where(sql`${events.detail} like ${`%${userId}%`}`);
    return rows.map(({ kind }) => kind);
  };

  it("is not told again after its record has gone: points that ended", async () => {
    const shop = openShop({ settings: { pointsDays: 10 } });
    const customer = await newCustomer(shop);
    const give = () => grantPoints(shop.ctx, OPERATOR, { userId: customer.id, points: 100, reason: "生日" });
    await give();
    shop.advance(10 * DAY);
    await expirePoints(shop.ctx, AT_A_TIME);
    expect(await toldOf(shop, customer.id)).toEqual(["points.expired"]);
    shop.advance((KEPT_DAYS + 1) * DAY);
    await purgeToTheEnd(shop);
    await give();
    await newService(shop, customer, 100);
    shop.advance(10 * DAY);
    await expirePoints(shop.ctx, AT_A_TIME);
    expect(await toldOf(shop, customer.id)).toEqual([]);
  });

  it("is not told again after its record has gone: a debt", async () => {
    const earning = openShop({ settings: { pointsPerYuan: 100, pointsDays: 10, pointsShortage: "anomaly" } });
    const customer = await newCustomer(earning);
    const earned = await pay(earning, await newService(earning, customer));
    await pay(openShop(), await newService(openShop(), customer, 2000));
    await refundMoney(earning, earned);
    await expirePoints(earning.ctx, AT_A_TIME);
    expect(await toldOf(earning, customer.id)).toEqual(["points.debt"]);
    earning.advance((KEPT_DAYS + 1) * DAY);
    await purgeToTheEnd(earning);
    await grantPoints(earning.ctx, OPERATOR, { userId: customer.id, points: 5, reason: "生日" });
    earning.advance(10 * DAY);
    await expirePoints(earning.ctx, AT_A_TIME);
    expect(await toldOf(earning, customer.id)).toEqual([]);
    const seen = await earning.db.select().from(anomalies).where(eq(anomalies.orderId, earned.orderId));
    expect(seen).toMatchObject([{ kind: "POINTS_SHORT", seen: 1 }]);
  });
});
