/** A run of the jobs: what fails in it stops nothing else, several at once do the same as one, and nothing is given up in silence. */
import { and, eq, like, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { events, operatorActions } from "../../db/schema/history.ts";
import { pointsAccounts, pointsLogs } from "../../db/schema/points.ts";
import { anomalies } from "../../db/schema/records.ts";
import { inventoryLogs } from "../../db/schema/stock.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { getOrder, getOrderRow } from "../../src/payments/orders/read-order.ts";
import { grantPoints } from "../../src/payments/points/account.ts";
import { configureItem } from "../../src/payments/stock/inventory.ts";
import { ProviderRegistry } from "../../src/providers/registry.ts";
import { openApi } from "./api/support.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { clearFaults, misbehave, payAt, setFaults } from "./support/controls.ts";
import { accountOf } from "./support/points.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { refundsOf } from "./support/records.ts";
import { newCustomer, OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const DAY = 86_400;

/** An order whose buyer has paid, and nobody was told. */
async function paidInSilence(shop: Shop): Promise<Purchase> {
  const purchase = await newOrder(shop);
  await payAt("alipay", await startPayment(shop, purchase, "alipay"));
  return purchase;
}

const anomaliesOf = (shop: Shop, { orderId }: Purchase) =>
  shop.db.select().from(anomalies).where(eq(anomalies.orderId, orderId));

describe("a run", () => {
  it("goes on with the other jobs when one fails, and fails at its end", async () => {
    const shop = openShop();
    const [expired, paid] = [await newOrder(shop), await paidInSilence(shop)];
    await letPass(shop, 31 * MINUTE);
    const match = "from `orders` where `orders`.`next_check_at`";
    await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
    await expect(runJobs(shop.ctx)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    expect(await getOrder(shop.ctx, OPERATOR, paid.orderId)).toMatchObject({ status: "PAID" });
    expect(await getOrder(shop.ctx, OPERATOR, expired.orderId)).toMatchObject({ status: "PENDING" });
    await clearFaults();
    expect(await runJobs(shop.ctx)).toMatchObject({ orders: 1 });
    expect(await getOrder(shop.ctx, OPERATOR, expired.orderId)).toMatchObject({ status: "CLOSED" });
  });

  it("does what several at once do", async () => {
    const shop = openShop({ settings: { pointsDays: 1 } });
    const [unpaid, paid, refunded] = [
      await newOrder(shop),
      await paidInSilence(shop),
      await newPaidOrder(shop, "alipay"),
    ];
    await startPayment(shop, unpaid, "wechat");
    await misbehave({ kind: "drop_before", operation: "refund" });
    const request = { provider: "alipay", orderId: refunded.orderId, reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    const ending = await newCustomer(shop);
    await grantPoints(shop.ctx, OPERATOR, { userId: ending.id, points: 7, reason: "生日" });
    await configureItem(shop.ctx, OPERATOR, { sku: unpaid.sku, lowAt: 10, reason: "看货" });
    await letPass(shop, DAY);
    const isolates = Array.from({ length: 5 }, () => openShop({ settings: { pointsDays: 1 } }));
    for (const isolate of isolates) catchUp(isolate);
    await Promise.all(isolates.map(({ ctx }) => runJobs(ctx)));
    expect(await getOrderRow(shop.ctx, unpaid.orderId)).toMatchObject({ state: "CLOSED" });
    expect(await getOrderRow(shop.ctx, paid.orderId)).toMatchObject({ state: "PAID" });
    expect(await refundsOf(shop, refunded.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
    expect(await accountOf(shop, ending)).toEqual([0, 0, 0]);
    for (const name of [unpaid.sku, ending.id]) {
      expect(
        await shop.db
          .select()
          .from(events)
          .where(like(events.subjectKey, `%${name}%`)),
      ).toHaveLength(1);
    }
    await expectBooksInOrder(shop, subjectsOf(unpaid, paid, refunded));
  });

  it("by an operator does the jobs that are named, and is on record with the reason before it begins", async () => {
    const shop = openShop();
    const { orderId } = await newOrder(shop);
    await shop.db.execute(sql`update orders set expires_at = now(3), next_check_at = now(3) - interval 1 second
      where id = ${orderId}`);
    const as = { id: unique("operator"), role: "operator" } as const;
    const api = openApi();
    const run = (names: readonly string[]) =>
      api.call("POST", "/operations/jobs/run", { as, body: { names, reason: "看看" } });
    expect(await run(["stock", "purge"])).toMatchObject({ status: 200, body: { rows: { stock: expect.any(Number) } } });
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "PENDING" });
    expect((await run(["orders"])).body.rows).toEqual({ orders: 1 });
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "CLOSED" });
    expect(await run(["everything"])).toMatchObject({ status: 400, body: { code: "BAD_INPUT" } });
    const actions = await shop.db.select().from(operatorActions).where(eq(operatorActions.actor, as.id));
    expect(actions.map(({ action, reason, after }) => [action, reason, after])).toEqual([
      ["operations.run_jobs", "看看", '{"jobs":"stock purge"}'],
      ["operations.run_jobs", "看看", '{"jobs":"orders"}'],
    ]);
    const asked = await api.call("POST", "/operations/jobs/run", { as: SERVICE, body: { names: ["orders"] } });
    expect(asked.status).toBe(403);
  });
});

describe("what no look at it gets any further", () => {
  it("is an operator's to see once it should be over: a payment by a provider that was turned off", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    await startPayment(shop, purchase, "wechat");
    const withoutWechat = { ...shop.ctx, providers: new ProviderRegistry([shop.ctx.providers.get("alipay")]) };
    for (const minutes of [70, 10]) {
      await letPass(shop, minutes * MINUTE);
      await runJobs(withoutWechat, ["orders", "attempts"]);
      expect(await anomaliesOf(shop, purchase)).toEqual([]);
    }
    for (const seen of [1, 2]) {
      await letPass(shop, 31 * MINUTE);
      await runJobs(withoutWechat, ["orders", "attempts"]);
      expect(await anomaliesOf(shop, purchase)).toMatchObject([{ kind: "PAYMENT_IN_DOUBT", seen }]);
    }
    await letPass(shop, 31 * MINUTE);
    await runJobs(shop.ctx);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  const MIXED = { points: 900, pointsToUse: 700 };
  const LOST: readonly (readonly [string, (shop: Shop, purchase: Purchase) => Promise<() => Promise<unknown>>])[] = [
    [
      "an entry of pieces that is gone",
      async ({ db }, { orderId }) => {
        const isIt = eq(inventoryLogs.orderId, orderId);
        const rows = await db.select().from(inventoryLogs).where(isIt);
        await db.delete(inventoryLogs).where(isIt);
        return () => db.insert(inventoryLogs).values(rows);
      },
    ],
    [
      "an entry of points that is gone",
      async ({ db }, { orderId }) => {
        const isIt = and(eq(pointsLogs.orderId, orderId), eq(pointsLogs.kind, "HOLD"));
        const rows = await db.select().from(pointsLogs).where(isIt);
        await db.delete(pointsLogs).where(isIt);
        return () => db.insert(pointsLogs).values(rows.map(({ effectiveAt: _generated, ...row }) => row));
      },
    ],
    [
      "fewer points held than it uses",
      async ({ db }, { customer }) => {
        const isIt = eq(pointsAccounts.userId, customer.id);
        await db.update(pointsAccounts).set({ held: 1 }).where(isIt);
        return () => db.update(pointsAccounts).set({ held: MIXED.pointsToUse }).where(isIt);
      },
    ],
  ];

  it.each(LOST)("is an operator's to see: an order that can't close for %s", async (_, lose) => {
    const shop = openShop();
    const purchase = await newOrder(shop, MIXED);
    const mend = await lose(shop, purchase);
    await letPass(shop, 31 * MINUTE);
    for (const seen of [1, 2]) {
      await runJobs(shop.ctx, ["orders"]);
      expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "CLOSING" });
      expect(await anomaliesOf(shop, purchase)).toMatchObject([
        { kind: "BOOKS_REFUSED", state: "OPEN", seen, suggestion: "CORRECT_STOCK" },
      ]);
      await letPass(shop, 31 * MINUTE);
    }
    expect(shop.lines.filter((line) => line.includes("row_failed"))).toEqual([]);
    await mend();
    await runJobs(shop.ctx, ["orders"]);
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "CLOSED" });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});
