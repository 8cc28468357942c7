/** Drafts that never became orders are deleted in the end, with all that was written for them and nothing else. */
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orderItems, orders } from "../../db/schema/orders.ts";
import { pointsLogs } from "../../db/schema/points.ts";
import { inventoryLogs } from "../../db/schema/stock.ts";
import { expireOrders } from "../../src/jobs/expire-orders.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { DAY, KEPT_DAYS, purgeToTheEnd } from "./support/purging.ts";
import { journalOf, newCustomer, newSku, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("drafts that were given up", () => {
  /** How many rows of each table belong to a draft. */
  async function rowsOf({ db }: Shop, orderId: string): Promise<number[]> {
    const found = await Promise.all([
      db.select().from(orders).where(eq(orders.id, orderId)),
      db.select().from(orderItems).where(eq(orderItems.orderId, orderId)),
      db.select().from(inventoryLogs).where(eq(inventoryLogs.orderId, orderId)),
      db.select().from(pointsLogs).where(eq(pointsLogs.orderId, orderId)),
    ]);
    return found.map((rows) => rows.length);
  }

  async function draftOf({ db }: Shop, userId: string): Promise<string> {
    const isDraft = and(eq(orders.userId, userId), eq(orders.closeReason, "DRAFT_ABANDONED"));
    const [draft] = await db.select().from(orders).where(isDraft);
    if (!draft) throw new Error("no draft was given up");
    return draft.id;
  }

  it("are those whose maker died: a job gives them up after a while, and the same request makes an order", async () => {
    const shop = openShop({ settings: { pointsPerYuan: 1 } });
    const sku = await newSku(shop, 5);
    const customer = await newCustomer(shop, 500);
    const request = { userId: customer.id, items: [{ sku, quantity: 1 }], pointsToUse: 100 };
    const make = () => createOrder(shop.ctx, customer, request, "key");
    await setFaults({
      fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match: "set `orders`.`state` = 'PENDING'" })),
    });
    await expect(make()).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    const [draft] = await shop.db.select().from(orders).where(eq(orders.userId, customer.id));
    await letPass(shop, 290);
    await expireOrders(shop.ctx, 50);
    expect(await shop.db.select().from(orders).where(eq(orders.userId, customer.id))).toEqual([draft]);
    await letPass(shop, 11);
    await expireOrders(shop.ctx, 50);
    expect(await draftOf(shop, customer.id)).toBe(draft?.id);
    expect(await make()).toMatchObject({ status: "PENDING", pointsToUse: 100 });
    expect([await journalOf(shop, sku), await stockOf(shop, sku)]).toEqual([
      [5, 1],
      [5, 1],
    ]);
  });

  it("go with their lines and entries, and with nobody else's", async () => {
    const shop = openShop({ settings: { pointsPerYuan: 1 } });
    const [sku, scarce] = [await newSku(shop, 5), await newSku(shop, 1)];
    const customer = await newCustomer(shop, 500);
    const items = [
      { sku, quantity: 1 },
      { sku: scarce, quantity: 2 },
    ];
    const refused = createOrder(shop.ctx, customer, { userId: customer.id, items, pointsToUse: 100 });
    await expect(refused).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    const draft = await draftOf(shop, customer.id);
    expect(await rowsOf(shop, draft)).toEqual([1, 2, 2, 2]);
    const made = await createOrder(shop.ctx, customer, { userId: customer.id, items: items.slice(0, 1) });
    await purgeToTheEnd(shop);
    expect(await rowsOf(shop, draft)).toEqual([1, 2, 2, 2]);
    shop.advance((KEPT_DAYS + 1) * DAY);
    await purgeToTheEnd(shop);
    expect([await rowsOf(shop, draft), await rowsOf(shop, made.orderId)]).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    expect([await journalOf(shop, sku), await stockOf(shop, sku)]).toEqual([
      [5, 1],
      [5, 1],
    ]);
    await expectBooksInOrder(shop, { orderIds: [made.orderId], skus: [sku, scarce], users: [customer.id] });
  });

  it.each(["inventory_logs", "points_logs"])(
    "go with what a slow maker wrote into %s afterwards, who is told that another is at it",
    async (table) => {
      const [slow, quick] = [openShop({ settings: { pointsPerYuan: 1 } }), openShop()];
      quick.advance(31);
      const sku = await newSku(slow, 5);
      const customer = await newCustomer(slow, 500);
      const request = { userId: customer.id, items: [{ sku, quantity: 1 }], pointsToUse: 100 };
      const key = unique("order");
      const [first, second] = await interleave(
        { when: "before", match: `insert into \`${table}\`` },
        () => createOrder(slow.ctx, customer, request, key),
        () => createOrder(quick.ctx, customer, request, key),
      );
      expect(first).toMatchObject({ reason: { code: "REQUEST_IN_PROGRESS" } });
      expect(second).toMatchObject({ value: { status: "PENDING" } });
      const draft = await draftOf(slow, customer.id);
      slow.advance((KEPT_DAYS + 1) * DAY);
      await purgeToTheEnd(slow);
      expect(await rowsOf(slow, draft)).toEqual([0, 0, 0, 0]);
      expect([await journalOf(slow, sku), await stockOf(slow, sku)]).toEqual([
        [5, 1],
        [5, 1],
      ]);
    },
  );

  it("go without waiting for what others are just working on", async () => {
    const shop = openShop();
    const [customer, other] = [await newCustomer(shop), await newCustomer(shop, 10)];
    const tooMuch = { userId: customer.id, items: [{ sku: await newSku(shop, 0), quantity: 1 }] };
    await createOrder(shop.ctx, customer, tooMuch).catch(() => {});
    const draft = await draftOf(shop, customer.id);
    shop.advance((KEPT_DAYS + 1) * DAY);
    await shop.db.transaction(async (others) => {
      await others.execute(sql`select * from points_logs where user_id = ${other.id} for update`);
      await purgeToTheEnd(shop);
    });
    expect(await rowsOf(shop, draft)).toEqual([0, 0, 0, 0]);
  });
});
