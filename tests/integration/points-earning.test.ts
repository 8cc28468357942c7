/** Points earned by paying money, and taken back with the money. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { events } from "../../db/schema/history.ts";
import { anomalies } from "../../db/schema/records.ts";
import { releaseRefund } from "../../db/statements/refund-books.ts";
import { expirePoints } from "../../src/jobs/expire-points.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { bookOwnRefund } from "../../src/payments/refunds/book-refund.ts";
import { declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { getRefundRow } from "../../src/payments/refunds/record.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll } from "./support/controls.ts";
import { accountOf, entriesOf, newService, newServiceFor, pay, refundMoney } from "./support/points.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Seven points for ten yuan do not divide evenly into refunds. */
const earningShop = (settings = {}) => openShop({ settings: { pointsPerYuan: 7, ...settings } });

const payByPoints = (shop: Shop, { customer, orderId, amount }: Purchase) =>
  shop.manager.create(customer, "points", { method: "POINTS", orderId, amount });

async function expectInOrder(shop: Shop, { orderId, customer }: Purchase): Promise<void> {
  await expectBooksInOrder(shop, { orderIds: [orderId], users: [customer.id] });
}

describe("a payment", () => {
  it("earns points by the money that was paid, for a customer who had no account", async () => {
    const shop = earningShop();
    const purchase = await newServiceFor(shop);
    expect(await accountOf(shop, purchase.customer)).toEqual([0, 0, 0]);
    expect(await entriesOf(shop, purchase.customer)).toEqual(["EARN 210 PENDING"]);
    await pay(shop, purchase);
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, 0]);
    await expectInOrder(shop, purchase);
  });

  it("earns nothing for points that were used beside it, and nothing for fractions", async () => {
    const shop = earningShop();
    const purchase = await pay(shop, await newService(shop, await newCustomer(shop, 901), 901));
    // 20.99 yuan at seven points each.
    expect(await entriesOf(shop, purchase.customer)).toEqual(
      expect.arrayContaining(["EARN 146 POSTED", "HOLD 901 POSTED"]),
    );
    expect(await accountOf(shop, purchase.customer)).toEqual([146, 0, 0]);
    await expectInOrder(shop, purchase);
  });

  it("earns nothing when it is made in points", async () => {
    const shop = earningShop();
    const purchase = await newServiceFor(shop, 5000);
    await payByPoints(shop, purchase);
    expect(await accountOf(shop, purchase.customer)).toEqual([2000, 0, 0]);
    expect(await entriesOf(shop, purchase.customer)).toContain("EARN 210 VOIDED");
    const refund = { provider: "points", orderId: purchase.orderId, reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, refund, unique("refund"));
    expect(await accountOf(shop, purchase.customer)).toEqual([5000, 0, 0]);
    await expectInOrder(shop, purchase);
  });

  it("earns nothing where there is nothing to pay, or less than a point's worth", async () => {
    const shop = earningShop();
    const free = await newServiceFor(shop, 3000).then(({ customer }) => newService(shop, customer, 3000));
    expect(free.order.status).toBe("PAID");
    const { customer } = free;
    const request = { userId: customer.id, items: [], amount: fen(14) };
    await createOrder(shop.ctx, { ...customer, role: "service" }, request);
    const earned = (await entriesOf(shop, customer)).filter((entry) => entry.startsWith("EARN"));
    expect(earned).toEqual(["EARN 210 PENDING"]);
  });

  it("earns nothing by a rule that came after its order", async () => {
    const purchase = await newServiceFor(openShop());
    await pay(earningShop(), purchase);
    expect(await accountOf(openShop(), purchase.customer)).toBeUndefined();
  });

  it("earns nothing when it never comes", async () => {
    const shop = earningShop();
    const purchase = await newServiceFor(shop, 100);
    await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
    expect(await entriesOf(shop, purchase.customer)).toContain("EARN 210 VOIDED");
    expect(await accountOf(shop, purchase.customer)).toEqual([100, 0, 0]);
    await expectInOrder(shop, purchase);
  });

  it("is told twice and earns once", async () => {
    const shop = earningShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await pay(shop, purchase, "wechat");
    await deliverAll(shop, "wechat", outTradeNo);
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, 0]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});

describe("a refund", () => {
  it.each([[[1000, 1000]], [[1, 1, 1]], [[2999]], [[14, 2985]]])(
    "takes earned points back with %j of 30.00, and the rest of them with the rest",
    async (amounts) => {
      const shop = earningShop();
      const purchase = await pay(shop, await newServiceFor(shop));
      let refunded = 0;
      for (const amount of amounts) {
        refunded += amount;
        await refundMoney(shop, purchase, amount);
        const clawed = Math.floor((210 * refunded) / 3000);
        expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, clawed]);
      }
      await refundMoney(shop, purchase);
      expect(await getBalance(shop.ctx, purchase.customer.id)).toMatchObject({ balance: 0, available: 0, debt: 0 });
      await expectInOrder(shop, purchase);
    },
  );

  it("takes the exact rest whichever of several under way comes last", async () => {
    const shop = earningShop();
    const purchase = await newPaidOrder(shop, "wechat");
    const refunds = [];
    for (const amount of [1001, 1001, 998]) {
      await letPass(shop, 60);
      refunds.push(await refundMoney(shop, purchase, amount, "wechat"));
    }
    for (const { refundId } of refunds.toReversed()) {
      const refund = await getRefundRow(shop.ctx, refundId);
      const done = {
        status: "success",
        providerRefundNo: "5",
        amount: refund.amount,
        succeededAt: new Date(),
      } as const;
      await bookOwnRefund(shop.ctx, refund, done, "told");
    }
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, 210]);
  });

  it("that was declined or freed takes none", async () => {
    const shop = earningShop();
    const purchase = await newPaidOrder(shop, "wechat");
    const { customer, orderId } = purchase;
    const request = { provider: "wechat", orderId, amount: fen(1000), reason: "退货" } as const;
    const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
    await declineRefund(shop.ctx, OPERATOR, refundId);
    const freed = await refundMoney(shop, purchase, 1000, "wechat");
    await releaseRefund(shop.db, freed.refundId, "X", new Date());
    expect(await accountOf(shop, customer)).toEqual([210, 0, 0]);
    expect((await entriesOf(shop, customer)).filter((entry) => entry === "CLAWBACK 70 VOIDED")).toHaveLength(2);
  });

  it("that turns out to have been made after it was freed takes them all the same", async () => {
    const shop = earningShop();
    const purchase = await newPaidOrder(shop, "wechat");
    const { refundId } = await refundMoney(shop, purchase, 1000, "wechat");
    await releaseRefund(shop.db, refundId, "X", new Date());
    const refund = await getRefundRow(shop.ctx, refundId);
    const done = { status: "success", providerRefundNo: "5", amount: refund.amount, succeededAt: new Date() } as const;
    await bookOwnRefund(shop.ctx, refund, done, "told");
    await bookOwnRefund(shop.ctx, refund, done, "told");
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, 70]);
  });

  it("takes points back that a rule gave which has been given up since", async () => {
    const shop = openShop();
    const purchase = await pay(shop, await newServiceFor(earningShop()));
    await refundMoney(shop, purchase);
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 0, 210]);
  });
});

describe("points that were spent before their payment was refunded", () => {
  /** 210 points earned, 200 of them spent, all the money back. */
  async function indebted(shop: Shop): Promise<Purchase> {
    const purchase = await pay(shop, await newServiceFor(shop));
    await pay(shop, await newService(openShop(), purchase.customer, 200));
    await refundMoney(shop, purchase);
    await expirePoints(shop.ctx, 50);
    return purchase;
  }
  const told = (shop: Shop, { orderId }: Purchase) => shop.db.select().from(events).where(eq(events.orderId, orderId));
  const reported = (shop: Shop, { orderId }: Purchase) =>
    shop.db.select().from(anomalies).where(eq(anomalies.orderId, orderId));

  it("are a debt that is told once, and that the next points pay", async () => {
    const shop = earningShop();
    const purchase = await indebted(shop);
    const { customer } = purchase;
    expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: -200, available: 0, debt: 200 });
    await letPass(shop, 600);
    await expirePoints(shop.ctx, 50);
    expect(await told(shop, purchase)).toMatchObject([{ kind: "points.debt" }]);
    expect(JSON.parse((await told(shop, purchase))[0]?.detail ?? "")).toEqual({
      user: customer.id,
      clawed: 210,
      debt: 200,
    });
    expect(await reported(shop, purchase)).toEqual([]);
    await expect(newService(shop, customer, 1)).rejects.toMatchObject({ code: "INSUFFICIENT_POINTS" });
    await pay(shop, await newService(shop, customer));
    expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 10, available: 10, debt: 0 });
    await expectInOrder(shop, purchase);
  });

  it("are an operator's affair where the shop wants that", async () => {
    const shop = earningShop({ pointsShortage: "anomaly" });
    const purchase = await indebted(shop);
    expect(await reported(shop, purchase)).toMatchObject([{ kind: "POINTS_SHORT", seen: 1, state: "OPEN" }]);
    expect(await told(shop, purchase)).toMatchObject([{ kind: "points.debt" }]);
  });

  it("stay held for an open order, which can still be paid", async () => {
    const shop = earningShop();
    const purchase = await pay(shop, await newServiceFor(shop));
    const later = await newService(openShop(), purchase.customer, 200);
    await refundMoney(shop, purchase);
    expect(await accountOf(shop, purchase.customer)).toEqual([210, 200, 210]);
    await pay(shop, later);
    expect(await accountOf(shop, purchase.customer)).toEqual([10, 0, 210]);
    await expectInOrder(shop, later);
  });

  it("pay no order that was opened before", async () => {
    const shop = openShop();
    const purchase = await pay(shop, await newServiceFor(openShop({ settings: { pointsPerYuan: 100 } })));
    const later = await newService(shop, purchase.customer);
    await refundMoney(shop, purchase, 1);
    await expect(payByPoints(shop, later)).rejects.toMatchObject({ code: "INSUFFICIENT_POINTS" });
    expect(await accountOf(shop, purchase.customer)).toEqual([3000, 0, 1]);
  });
});
