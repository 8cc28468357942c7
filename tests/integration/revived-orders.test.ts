/** Late money by the shop's policy to revive: it opens its order again where everything the order needs is there. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { applyToOrder } from "../../src/payments/receipts/decide-receipt.ts";
import { adjustStock, countStock } from "../../src/payments/stock/change-stock.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { openByBoth } from "./support/both-methods.ts";
import { deliverAll, payAt } from "./support/controls.ts";
import { expectNoSurprise, interleave } from "./support/interleave.ts";
import { accountOf, entriesOf } from "./support/points.ts";
import { newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { anomalyStates, eventsOf, expire, lateMoney, saleEntries, untoldMoney } from "./support/receipts.ts";
import { attemptOf, closeInTheBooks, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, SERVICE, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const REVIVE = { settings: { latePayments: "revive" } } as const;
const EARNING = { settings: { latePayments: "revive", pointsPerYuan: 1 } } as const;
const MIXED = { points: 1000, pointsToUse: 500 };

const statusOf = async (shop: Shop, { orderId }: Purchase) => (await getOrder(shop.ctx, OPERATOR, orderId)).status;
/** Another order of the same customer holds most of the points there are. */
const spendMost = (shop: Shop, { customer }: Purchase) =>
  createOrder(shop.ctx, SERVICE, { userId: customer.id, items: [], amount: fen(9900), pointsToUse: 501 });
const takeOff = (shop: Shop, sku: string, pieces: number) =>
  adjustStock(shop.ctx, OPERATOR, { sku, quantity: -pieces, reason: "broken" });

describe("late money whose order can open again", () => {
  it.each(["wechat", "alipay"] as const)(
    "pays it, by %s: pieces and points are taken anew, and earned ones given",
    async (channel) => {
      const shop = openShop(EARNING);
      const late = await lateMoney(shop, channel, await newOrder(shop, MIXED));
      expect(await getOrder(shop.ctx, OPERATOR, late.orderId)).toMatchObject({ status: "PAID", closedAt: null });
      expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({
        disposition: "APPLIED",
        unappliedReason: "LATE",
        policy: null,
      });
      expect(await stockOf(shop, late.sku)).toEqual([8, 0]);
      expect(await saleEntries(shop, late)).toEqual(["0 VOIDED", "1 POSTED"]);
      expect(await accountOf(shop, late.customer)).toEqual([525, 0, 0]);
      expect(await entriesOf(shop, late.customer)).toEqual(
        expect.arrayContaining(["HOLD 500 VOIDED", "HOLD 500 POSTED", "EARN 25 VOIDED", "EARN 25 POSTED"]),
      );
      await runJobsToTheEnd(shop);
      expect(await eventsOf(shop, late)).toEqual(["payment.applied_late", "payment.late_received"]);
      expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
      expect(await refundedAtProvider(late.outTradeNo)).toBe(0);
      await expectBooksInOrder(shop, subjectsOf(late));
    },
  );

  it("is told again without any effect", async () => {
    const shop = openShop(REVIVE);
    const late = await lateMoney(shop);
    const before = await attemptOf(shop, late.outTradeNo);
    await deliverAll(openShop(), "alipay", late.outTradeNo);
    expect(await attemptOf(shop, late.outTradeNo)).toEqual(before);
    expect(await stockOf(shop, late.sku)).toEqual([8, 0]);
  });

  it("is refunded like any other payment: pieces come back, and so do points that were used and earned", async () => {
    const shop = openShop(EARNING);
    const late = await lateMoney(shop, "alipay", await newOrder(shop, MIXED));
    const request = { provider: "alipay", orderId: late.orderId, reason: "退货" } as const;
    expect(await shop.manager.refund(OPERATOR, request, unique("refund"))).toMatchObject({ amount: 2500, points: 500 });
    await runJobsToTheEnd(shop);
    expect(await refundedAtProvider(late.outTradeNo)).toBe(2500);
    expect(await stockOf(shop, late.sku)).toEqual([10, 0]);
    expect(await accountOf(shop, late.customer)).toEqual([1025, 0, 25]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });
});

describe("late money whose order lacks something", () => {
  it.each([
    ["pieces", (shop: Shop, { sku }: Purchase) => takeOff(shop, sku, 9)],
    ["points", spendMost],
  ])(
    "goes back when it is short of %s, and nothing else has changed",
    async (_, lose: (shop: Shop, purchase: Purchase) => Promise<unknown>) => {
      const shop = openShop(REVIVE);
      const late = await untoldMoney(shop, "alipay", await newOrder(shop, MIXED));
      await lose(shop, late);
      const [stock, account] = [await stockOf(shop, late.sku), await accountOf(shop, late.customer)];
      await deliverAll(shop, "alipay", late.outTradeNo);
      expect([await stockOf(shop, late.sku), await accountOf(shop, late.customer)]).toEqual([stock, account]);
      await runJobsToTheEnd(shop);
      expect(await statusOf(shop, late)).toBe("CLOSED");
      expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({
        disposition: "UNAPPLIED",
        policy: "REFUND",
        refunded: 2500,
      });
      expect(await saleEntries(shop, late)).toEqual(["0 VOIDED", "1 VOIDED"]);
      expect(await eventsOf(shop, late)).toEqual(["payment.late_received", "payment.refunded"]);
      expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
      await expectBooksInOrder(shop, subjectsOf(late));
    },
  );

  it("is not sold pieces that were promised to others, even when a count has found a shortage", async () => {
    const shop = openShop(REVIVE);
    const late = await untoldMoney(shop);
    const items = [{ sku: late.sku, quantity: 4 }];
    const others = [1, 2].map(() => createOrder(shop.ctx, SERVICE, { userId: "somebody", items }));
    const [first] = await Promise.all(others);
    await countStock(shop.ctx, OPERATOR, { sku: late.sku, counted: 3, reason: "counted" });
    await cancelOrder(shop.ctx, OPERATOR, first?.orderId ?? "");
    await deliverAll(shop, "alipay", late.outTradeNo);
    expect(await statusOf(shop, late)).toBe("CLOSED");
    expect(await stockOf(shop, late.sku)).toEqual([3, 4]);
  });
});

describe("two payments of one order", () => {
  /** Both were paid before the order was cancelled; nobody had told. */
  async function twoUntold(shop: Shop) {
    const purchase = await openByBoth(shop, "alipay");
    await Promise.all([payAt("alipay", purchase.older), payAt("wechat", purchase.newer)]);
    for (const number of [purchase.older, purchase.newer]) await closeInTheBooks(shop, number);
    await expire(shop, purchase);
    return purchase;
  }

  it.each([
    ["before its statement", { when: "before", match: "`orders`.`generation` = `orders`.`generation` +" }],
    ["before it foresees its entries", { when: "before", match: "insert into `inventory_logs`" }],
    ["after it has foreseen its entries", { when: "after", match: "insert into `inventory_logs`" }],
    ["before it is recorded", { when: "before", match: "`payment_transactions`.`unapplied_reason` =" }],
  ] as const)("open it once, whoever is held %s: the other one goes back", async (_, stop) => {
    const [shop, elsewhere] = [openShop(REVIVE), openShop(REVIVE)];
    const { older, newer, ...purchase } = await twoUntold(shop);
    const results = await interleave(
      stop,
      () => deliverAll(shop, "alipay", older),
      () => deliverAll(elsewhere, "wechat", newer),
    );
    expectNoSurprise(results, [shop, elsewhere], []);
    await runJobsToTheEnd(shop);
    await deliverAll(shop, "wechat", newer);
    await runJobsToTheEnd(shop);
    expect(await statusOf(shop, purchase)).toBe("PAID");
    const given = await Promise.all([older, newer].map(refundedAtProvider));
    expect(given.sort()).toEqual([0, 3000]);
    expect(await stockOf(shop, purchase.sku)).toEqual([8, 0]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});

describe("an automatic refund", () => {
  it.each([
    ["written down", "insert into `refund_records`"],
    ["reserved", "set `refund_records`.`state` = 'CREATED'"],
  ])("that was not %s yet sends nothing once its money has paid its order", async (_, match) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const late = await untoldMoney(shop);
    const word = { outTradeNo: late.outTradeNo, reason: "the buyer still wants it" };
    const results = await interleave(
      { when: "before", match },
      () => deliverAll(shop, "alipay", late.outTradeNo),
      () => applyToOrder(elsewhere.ctx, OPERATOR, word),
    );
    expectNoSurprise(results, [elsewhere], []);
    await letPass(shop, 120);
    await runJobsToTheEnd(shop);
    expect(await statusOf(shop, late)).toBe("PAID");
    expect(await refundedAtProvider(late.outTradeNo)).toBe(0);
    expect(await refundsOf(shop, late.outTradeNo)).toMatchObject([{ state: "CLOSED", failureCode: "RECEIPT_DECIDED" }]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });
});
