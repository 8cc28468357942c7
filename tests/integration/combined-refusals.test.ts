/** When one payment for several orders can't be: the order at fault is named, and no other is left with an attempt. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { fen } from "../../src/money.ts";
import { createCombined } from "../../src/payments/combined/create-combined.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import {
  combinedRequest,
  orderFor,
  orderStatuses,
  startCombined,
  tradesAtProvider,
  twoOrders,
} from "./support/combined.ts";
import { deliverAll, payAt, providerTrades } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { newCustomer, OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

async function attemptsFor(shop: Shop, { orderId }: Purchase) {
  return await shop.db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId));
}

describe("when an order can't be paid", () => {
  async function paid(shop: Shop, own: Purchase): Promise<Purchase> {
    const number = await startPayment(shop, own, "alipay");
    await payAt("alipay", number);
    await deliverAll(shop, "alipay", number);
    return own;
  }

  async function closed(shop: Shop, own: Purchase): Promise<Purchase> {
    await cancelOrder(shop.ctx, own.customer, own.orderId);
    return own;
  }

  type Spoil = (shop: Shop, own: Purchase) => Promise<Purchase>;
  const cases: [string, string, string, Spoil][] = [
    ["is paid", "ORDER_PAID", "", paid],
    ["is closed", "ORDER_CLOSED", "", closed],
    ["costs something else", "AMOUNT_MISMATCH", ".amount", async (_, own) => ({ ...own, amount: fen(2999) })],
    ["is not there", "ORDER_NOT_FOUND", "", async (_, own) => ({ ...own, orderId: "01ARZ3NDEKTSV4RRFFQ69G5FAV" })],
    ["is somebody else's", "ORDER_NOT_FOUND", "", async (shop) => orderFor(shop, await newCustomer(shop))],
  ];

  it.each(cases)("names the one that %s: %s at orders[1]%s", async (_, code, member, spoil) => {
    const shop = openShop();
    const [first, second] = await twoOrders(shop);
    const spoilt = await spoil(shop, second);
    const trades = (await providerTrades()).length;
    await expect(startCombined(shop, [first, spoilt])).rejects.toMatchObject({
      code,
      details: { issues: [{ path: `orders[1]${member}` }] },
    });
    expect(await attemptsFor(shop, first)).toEqual([]);
    expect(await providerTrades()).toHaveLength(trades);
  });

  it("names the one that its operator takes for the same user's", async () => {
    const shop = openShop();
    const [first] = await twoOrders(shop);
    const other = await orderFor(shop, await newCustomer(shop));
    const refusal = createCombined(shop.ctx, OPERATOR, "wechat", combinedRequest([first, other]));
    await expect(refusal).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { issues: [{ path: "orders[1].orderId" }] },
    });
  });

  it("gives no order an attempt when one begins to close in the meantime", async () => {
    const shop = openShop();
    const [first, second] = await twoOrders(shop);
    const [opened] = await interleave(
      { when: "before", match: STATEMENTS.insertAttempt },
      () => startCombined(shop, [first, second]),
      () => cancelOrder(openShop().ctx, second.customer, second.orderId),
    );
    expect(opened).toMatchObject({
      status: "rejected",
      reason: { code: "ORDER_CLOSED", details: { issues: [{ path: "orders[1]" }] } },
    });
    expect(await attemptsFor(shop, first)).toEqual([]);
    expect(await providerTrades()).toEqual([]);
    const number = await startPayment(shop, first, "wechat");
    expect(await attemptOf(shop, number)).toMatchObject({ state: "PENDING" });
  });

  it("never hands out the credential when one begins to close while the provider is asked", async () => {
    const shop = openShop();
    const [first, second] = await twoOrders(shop);
    const [opened] = await interleave(
      { when: "before", match: "set `payment_transactions`.`state` = 'PENDING'" },
      () => startCombined(shop, [first, second], "key"),
      () => cancelOrder(openShop().ctx, second.customer, second.orderId),
    );
    expect(opened).toMatchObject({ status: "rejected", reason: { code: "ORDER_CLOSED" } });
    await shop.idle();
    const [row] = await attemptsFor(shop, first);
    expect(row).toMatchObject({ state: "CLOSED" });
    expect(await tradesAtProvider(row?.combineOutTradeNo ?? "")).toEqual(["closed", "closed"]);
    await expect(startCombined(shop, [first, second], "key")).rejects.toMatchObject({ code: "PAYMENT_CLOSED" });
    expect(await orderStatuses(shop, [first, second])).toEqual(["PENDING", "CLOSED"]);
    await expectBooksInOrder(shop, subjectsOf(first, second));
  });
});

it.each([
  ["one order", (all: readonly Purchase[]) => all.slice(0, 1), "orders"],
  ["an order twice", ([first, ...rest]: readonly Purchase[]) => [first, ...rest, first], "orders[2].orderId"],
  ["eleven orders", (all: readonly Purchase[]) => Array.from({ length: 11 }, () => all[0]), "orders"],
] as const)("refuses %s", async (_, choose, path) => {
  const shop = openShop();
  const chosen = choose(await twoOrders(shop)).filter((purchase) => purchase !== undefined);
  await expect(startCombined(shop, chosen)).rejects.toMatchObject({
    code: "BAD_INPUT",
    details: { issues: [{ path }] },
  });
});

it("refuses a provider that the method does not belong to", async () => {
  const shop = openShop();
  const purchases = await twoOrders(shop);
  const refusal = createCombined(shop.ctx, purchases[0].customer, "alipay", combinedRequest(purchases));
  await expect(refusal).rejects.toMatchObject({ code: "METHOD_PROVIDER_MISMATCH" });
});
