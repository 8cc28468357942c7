/** Stock beside sales: counts, shortages and low marks. */
import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { operatorActions } from "../../db/schema/history.ts";
import { inventoryItems } from "../../db/schema/stock.ts";
import { watchStock } from "../../src/jobs/low-stock.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { adjustStock, countStock } from "../../src/payments/stock/change-stock.ts";
import { configureItem } from "../../src/payments/stock/inventory.ts";
import { startAfresh } from "./support/afresh.ts";
import { setFaults } from "./support/controls.ts";
import { eventsOf, order } from "./support/shelves.ts";
import { journalOf, newSku, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const REASON = "盘点";

describe("a count", () => {
  it("sets the shelf to what is there, once for a key, and is on the operators' record", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 10);
    await order(shop, sku, 2);
    const key = unique("count");
    const count = { sku, counted: 7, reason: REASON };
    expect(await countStock(shop.ctx, OPERATOR, count, key)).toMatchObject({ onHand: 7, reserved: 2, shortage: 0 });
    await adjustStock(shop.ctx, OPERATOR, { sku, quantity: 5, reason: "补货" });
    expect(await countStock(shop.ctx, OPERATOR, count, key)).toMatchObject({ onHand: 12 });
    await expect(countStock(shop.ctx, OPERATOR, { ...count, counted: 8 }, key)).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
    expect(await journalOf(shop, sku)).toEqual([12, 2]);
    const actions = await shop.db.select().from(operatorActions).where(eq(operatorActions.subject, sku));
    expect(actions.map(({ action, reason, before, after }) => [action, reason, before, after])).toEqual([
      ["inventory.count", REASON, '{"onHand":10,"reserved":2,"shortage":0}', '{"counted":7}'],
      ["inventory.adjust", "补货", '{"onHand":7,"reserved":2}', '{"onHand":12}'],
    ]);
  });

  it("is right though an order is paid while it is written down", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 10);
    const made = await Promise.all(Array.from({ length: 8 }, () => order(shop, sku, 1)));
    const cancelled = made.slice(0, 4).map(({ customer, orderId }) => cancelOrder(shop.ctx, customer, orderId));
    const counts = [9, 9, 9].map((counted) => countStock(shop.ctx, OPERATOR, { sku, counted, reason: REASON }));
    await Promise.all([...cancelled, ...counts]);
    expect(await stockOf(shop, sku)).toEqual([9, 4]);
    expect(await journalOf(shop, sku)).toEqual([9, 4]);
  });

  it("below what is promised makes a shortage, of which nobody can buy, and which deliveries make up for", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 5);
    const { customer, orderId } = await order(shop, sku, 4);
    const counted = await countStock(shop.ctx, OPERATOR, { sku, counted: 1, reason: REASON });
    expect(counted).toMatchObject({ onHand: 1, reserved: 4, shortage: 3 });
    expect(await eventsOf(shop, "stock.shortage", sku)).toMatchObject([
      { detail: `{"sku":"${sku}","onHand":1,"reserved":4,"shortage":3}` },
    ]);
    const buy = (quantity: number) => order(shop, sku, quantity);
    await expect(buy(1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    await cancelOrder(shop.ctx, customer, orderId);
    await expect(buy(2)).rejects.toMatchObject({
      code: "OUT_OF_STOCK",
      details: { issues: [{ path: "items[0].quantity", message: "1 left" }] },
    });
    await buy(1);
    const delivered = await adjustStock(shop.ctx, OPERATOR, { sku, quantity: 3, reason: "补货" });
    expect(delivered).toMatchObject({ onHand: 4, reserved: 1, shortage: 0 });
    await expect(buy(4)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    await buy(3);
    expect(await journalOf(shop, sku)).toEqual([4, 4]);
  });

  it("changes nothing when the database does not answer", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 5);
    await setFaults({
      fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match: "insert into `inventory_logs`" })),
    });
    const count = { sku, counted: 1, reason: REASON };
    await expect(countStock(shop.ctx, OPERATOR, count, "k")).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    expect(await stockOf(shop, sku)).toEqual([5, 0]);
  });
});

describe("the low mark", () => {
  const lowSinceOf = async (shop: Shop, sku: string) => {
    const [item] = await shop.db
      .select()
      .from(inventoryItems)
      .where(and(eq(inventoryItems.sku, sku)));
    return item?.lowSince ?? null;
  };

  it("makes one event when few pieces are free, and another only after there were enough again on another day", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 5);
    await configureItem(shop.ctx, OPERATOR, { sku, lowAt: 2, reason: REASON });
    const told = async () => (await eventsOf(shop, "stock.low", sku)).length;
    await watchStock(shop.ctx, 50);
    expect(await told()).toBe(0);
    const bought = await order(shop, sku, 3);
    await Promise.all([watchStock(shop.ctx, 50), watchStock(shop.ctx, 50)]);
    await watchStock(shop.ctx, 50);
    expect([await told(), await lowSinceOf(shop, sku)]).toEqual([1, expect.any(Date)]);
    await cancelOrder(shop.ctx, bought.customer, bought.orderId);
    await watchStock(shop.ctx, 50);
    expect([await told(), await lowSinceOf(shop, sku)]).toEqual([1, null]);
    shop.advance(86_400);
    await order(shop, sku, 4);
    await watchStock(shop.ctx, 50);
    expect(await told()).toBe(2);
  });
});
