/** An idempotency key that comes again later, when what it made has been overtaken, or was refused. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { getBalance, grantPoints } from "../../src/payments/points/account.ts";
import { adjustStock } from "../../src/payments/stock/change-stock.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { openByBoth } from "./support/both-methods.ts";
import { deliverAll, payAt } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { METHOD_OF, newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { newCustomer, newSku, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("an attempt opened under a key is not handed out again", () => {
  const pay = (shop: Shop, { customer, orderId, amount }: Purchase, key: string) =>
    shop.manager.create(customer, "wechat", { method: METHOD_OF.wechat, orderId, amount }, key);

  it("once the order is paid by another", async () => {
    const shop = openShop();
    const key = unique("pay");
    const purchase = await openByBoth(shop, "wechat", key);
    await payAt("alipay", purchase.newer);
    await deliverAll(shop, "alipay", purchase.newer);
    expect(await attemptOf(shop, purchase.older)).toMatchObject({ state: "PENDING" });
    await expect(pay(shop, purchase, key)).rejects.toMatchObject({ code: "ORDER_PAID" });
  });

  it("while the order is closing", async () => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const purchase = await newOrder(shop);
    const key = unique("pay");
    await pay(shop, purchase, key);
    const [cancelled, repeated] = await interleave(
      { when: "after", match: STATEMENTS.beginClosingOrder },
      () => cancelOrder(shop.ctx, purchase.customer, purchase.orderId),
      () => pay(elsewhere, purchase, key),
    );
    expect(repeated).toMatchObject({ status: "rejected", reason: { code: "ORDER_CLOSING" } });
    expect(cancelled).toMatchObject({ status: "fulfilled", value: { status: "CLOSED" } });
  });

  it.each([29, 31])("%i minutes after the order was made", async (minutes) => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const key = unique("pay");
    const { payment } = await pay(shop, purchase, key);
    expect(await pay(shop, purchase, key)).toEqual({ payment, created: false });
    await letPass(shop, minutes * 60);
    await expect(pay(shop, purchase, key)).rejects.toMatchObject({ code: "ORDER_EXPIRED" });
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
  });
});

describe("a change of stock", () => {
  it("that was refused stays refused under its key, also when there would be room for it", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const { customer, orderId, sku } = purchase;
    const change = { sku, quantity: -9, reason: "盘点" };
    const key = unique("adjust");
    await expect(adjustStock(shop.ctx, OPERATOR, change, key)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    await cancelOrder(shop.ctx, customer, orderId);
    await expect(adjustStock(shop.ctx, OPERATOR, change, key)).rejects.toMatchObject({ code: "OUT_OF_STOCK" });
    expect(await stockOf(shop, sku)).toEqual([10, 0]);
    expect(await adjustStock(shop.ctx, OPERATOR, change, unique("adjust"))).toMatchObject({ onHand: 1 });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("is made once under its key, which no other quantity may use", async () => {
    const shop = openShop();
    const sku = await newSku(shop, 10);
    const change = { sku, quantity: 5, reason: "补货" };
    const key = unique("adjust");
    for (const _time of [1, 2]) {
      expect(await adjustStock(shop.ctx, OPERATOR, change, key)).toMatchObject({ onHand: 15 });
    }
    await expect(adjustStock(shop.ctx, OPERATOR, { ...change, quantity: 6 }, key)).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
    expect(await stockOf(shop, sku)).toEqual([15, 0]);
  });
});

it("grants points once under a key, which no other number of points may use", async () => {
  const shop = openShop();
  const { id: userId } = await newCustomer(shop);
  const grant = { userId, points: 100, reason: "活动" };
  const key = unique("grant");
  for (const _time of [1, 2]) expect(await grantPoints(shop.ctx, OPERATOR, grant, key)).toMatchObject({ balance: 100 });
  await expect(grantPoints(shop.ctx, OPERATOR, { ...grant, points: 101 }, key)).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
  expect(await getBalance(shop.ctx, userId)).toMatchObject({ balance: 100 });
});
