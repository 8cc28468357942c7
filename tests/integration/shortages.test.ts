/** Pieces that are promised and that a count did not find. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { watchStock } from "../../src/jobs/low-stock.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { adjustStock, countStock } from "../../src/payments/stock/change-stock.ts";
import { configureItem } from "../../src/payments/stock/inventory.ts";
import { startAfresh } from "./support/afresh.ts";
import { setFaults } from "./support/controls.ts";
import { eventsOf, order } from "./support/shelves.ts";
import { journalOf, newCustomer, newSku, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const REASON = "盘点";

describe("a shortage", () => {
  /** Five pieces of which four are promised and a count finds one, however far the count's own events got. */
  async function short(shop: Shop, key = unique("count")) {
    const sku = await newSku(shop, 5);
    const promised = await order(shop, sku, 4);
    const count = () => countStock(shop.ctx, OPERATOR, { sku, counted: 1, reason: REASON }, key);
    return { sku, promised, count };
  }

  it("is told by a job when nobody came to tell of it, once", async () => {
    const shop = openShop();
    const { sku, count } = await short(shop);
    await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match: "insert into `events`" })) });
    await expect(count()).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    expect(await eventsOf(shop, "stock.shortage", sku)).toEqual([]);
    await Promise.all([watchStock(shop.ctx, 50), watchStock(openShop().ctx, 50)]);
    await watchStock(shop.ctx, 50);
    await count();
    expect(await eventsOf(shop, "stock.shortage", sku)).toMatchObject([
      { detail: `{"sku":"${sku}","onHand":1,"reserved":4,"shortage":3}` },
    ]);
    expect(await eventsOf(shop, "stock.low", sku)).toEqual([]);
  });

  it("is told of an item that has been low for long, too", async () => {
    const shop = openShop();
    const { sku, count } = await short(shop);
    await configureItem(shop.ctx, OPERATOR, { sku, lowAt: 2, reason: REASON });
    await watchStock(shop.ctx, 50);
    await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match: "insert into `events`" })) });
    await expect(count()).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    await watchStock(shop.ctx, 50);
    expect(await eventsOf(shop, "stock.shortage", sku)).toHaveLength(1);
    expect(await eventsOf(shop, "stock.low", sku)).toHaveLength(1);
  });

  it("is not told again of an earlier count that is sent once more", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 5);
    await order(shop, sku, 4);
    const earlier = { sku, counted: 5, reason: REASON };
    await countStock(shop.ctx, OPERATOR, earlier, "earlier");
    await countStock(shop.ctx, OPERATOR, { ...earlier, counted: 1 }, "later");
    await countStock(shop.ctx, OPERATOR, earlier, "earlier");
    expect(await eventsOf(shop, "stock.shortage", sku)).toHaveLength(1);
  });

  it("lets nobody take a piece off the shelf that is promised, also when its orders have gone", async () => {
    const shop = openShop();
    const { sku, promised, count } = await short(shop);
    await count();
    const take = (quantity: number) => adjustStock(shop.ctx, OPERATOR, { sku, quantity, reason: "破损" });
    await expect(take(-1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    await cancelOrder(shop.ctx, promised.customer, promised.orderId);
    await order(shop, sku, 1);
    await expect(take(-1)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect([await stockOf(shop, sku), await journalOf(shop, sku)]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await adjustStock(shop.ctx, OPERATOR, { sku, quantity: 2, reason: "补货" });
    expect(await take(-2)).toMatchObject({ onHand: 1, reserved: 1 });
  });

  it("makes no pieces free, also for who pays with points alone", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 10, fen(100));
    const [gone] = [await order(shop, sku, 6), await order(shop, sku, 2)];
    await countStock(shop.ctx, OPERATOR, { sku, counted: 5, reason: REASON });
    await cancelOrder(shop.ctx, gone.customer, gone.orderId);
    const customer = await newCustomer(shop, 500);
    const buy = (quantity: number) =>
      createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity }], pointsToUse: quantity * 100 });
    await expect(buy(4)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect(await buy(3)).toMatchObject({ status: "PAID" });
    expect([await stockOf(shop, sku), await journalOf(shop, sku)]).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });
});
