/** Orders that points paid a part of, or all: what goes back is divided as the shop has it. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { fen } from "../../src/money.ts";
import type { Settings } from "../../src/payments/context.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { approveRefund, declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { REFUNDS_IN_THIRDS } from "../support/refunds-in-thirds.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { clearFaults, deliverAll, setFaults } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { newOrder, newPaidOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { attemptOf, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";
import { MIXED } from "./support/story.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Alipay wants so much time between two refunds of one payment. */
const PACE_SECONDS = 3;

/** 23.00 in money and 700 points; 200 more stay on the account. */
const paidOrder = (shop: Shop) => newPaidOrder(shop, "alipay", MIXED);
const shopOf = (mixedRefunds: Settings["mixedRefunds"]) => openShop({ settings: { mixedRefunds } });

/** Asks for so much of the order back, or for all that is left. */
function ask(shop: Shop, actor: Purchase["customer"], { orderId }: Purchase, amount?: number, key = unique("refund")) {
  const wanted = amount === undefined ? {} : { amount: fen(amount) };
  return shop.manager.refund(actor, { provider: "alipay", orderId, ...wanted, reason: "退货" }, key);
}

const balanceOf = async (shop: Shop, { customer }: Purchase) => (await getBalance(shop.ctx, customer.id)).balance;

async function expectAllBack(shop: Shop, purchase: Purchase & { readonly outTradeNo: string }): Promise<void> {
  await letPass(shop, PACE_SECONDS);
  await synchroniseRefunds(shop.ctx, 50);
  expect(await balanceOf(shop, purchase)).toBe(900);
  expect(await refundedAtProvider(purchase.outTradeNo)).toBe(2300);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ refundState: "FULL" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
}

it.each(REFUNDS_IN_THIRDS)("three refunds of 10.00 of an order of 30.00, %s", async (policy, expected) => {
  const shop = shopOf(policy);
  const purchase = await paidOrder(shop);
  const given: number[][] = [];
  for (const amount of [1000, 1000, undefined]) {
    const { amount: money, points } = await ask(shop, OPERATOR, purchase, amount);
    given.push([money, points]);
    await letPass(shop, PACE_SECONDS);
  }
  expect(given).toEqual(expected);
  await expectAllBack(shop, purchase);
});

describe("a part that is points alone", () => {
  it("is given at once, asks no provider and takes none of its parts", async () => {
    const shop = shopOf("points_first");
    const purchase = await paidOrder(shop);
    const { orderId, outTradeNo } = purchase;
    const first = await ask(shop, OPERATOR, purchase, 500);
    expect(first).toMatchObject({ status: "SUCCESS", provider: "points", amount: 0, points: 500 });
    expect(await balanceOf(shop, purchase)).toBe(700);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refundParts: 0, refunded: 0, lastRefundAt: null });
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundState: "PARTIAL" });
    // Points were no part of Alipay's, so that money may go at once.
    expect(await ask(shop, OPERATOR, purchase)).toMatchObject({ status: "SUCCESS", amount: 2300, points: 200 });
    await expectAllBack(shop, purchase);
  });

  it("is given once by an order that has earned points with its money", async () => {
    const shop = openShop({ settings: { mixedRefunds: "points_first", pointsPerYuan: 1 } });
    const purchase = await paidOrder(shop);
    expect(await balanceOf(shop, purchase)).toBe(223);
    await ask(shop, OPERATOR, purchase, 700);
    expect(await balanceOf(shop, purchase)).toBe(923);
    await ask(shop, OPERATOR, purchase);
    await expectAllBack(shop, purchase);
  });

  it("may become one of money, and the other way round, until it is granted", async () => {
    const shop = shopOf("points_first");
    const purchase = await paidOrder(shop);
    const [one, other] = [
      await ask(shop, purchase.customer, purchase, 700),
      await ask(shop, purchase.customer, purchase, 1000),
    ];
    expect([one, other]).toMatchObject([
      { provider: "points", amount: 0, points: 700 },
      { provider: "alipay", amount: 300, points: 700 },
    ]);
    const granted = [];
    for (const { refundId } of [other, one]) {
      granted.push(await approveRefund(shop.ctx, OPERATOR, refundId));
      await letPass(shop, PACE_SECONDS);
    }
    expect(granted).toMatchObject([
      { provider: "alipay", amount: 300, points: 700 },
      { provider: "alipay", amount: 700, points: 0 },
    ]);
    await ask(shop, OPERATOR, purchase);
    await expectAllBack(shop, purchase);
  });
});

describe.each(["proportional", "money_first", "points_first"] as const)("%s", (policy) => {
  it.each(["before", "after"] as const)("two at once divide what is left, and none is refused (%s)", async (when) => {
    const [shop, elsewhere] = [shopOf(policy), shopOf(policy)];
    const purchase = await paidOrder(shop);
    const results = await interleave(
      { when, match: STATEMENTS.reserveRefund },
      () => ask(shop, OPERATOR, purchase, 1500),
      () => ask(elsewhere, OPERATOR, purchase, 1500),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    await expectAllBack(shop, purchase);
  });

  it.each([[[1500, 1500]], [[1000, 2000]], [[1, 2999]], [[700, 1, 2299]]])(
    "the requests %j, pending together, leave nothing behind when they are approved one by one",
    async (amounts) => {
      const shop = shopOf(policy);
      const purchase = await paidOrder(shop);
      const requests = [];
      for (const amount of amounts) requests.push(await ask(shop, purchase.customer, purchase, amount));
      expect(await balanceOf(shop, purchase)).toBe(200);
      for (const { refundId } of requests.toReversed()) {
        await approveRefund(shop.ctx, OPERATOR, refundId);
        await letPass(shop, PACE_SECONDS);
      }
      await expectAllBack(shop, purchase);
    },
  );
});

it("gives the points of a declined request back with the one that is approved", async () => {
  const shop = openShop();
  const purchase = await paidOrder(shop);
  const [declined, approved] = [
    await ask(shop, purchase.customer, purchase, 1000),
    await ask(shop, purchase.customer, purchase),
  ];
  await declineRefund(shop.ctx, OPERATOR, declined.refundId);
  await approveRefund(shop.ctx, OPERATOR, approved.refundId);
  await expectAllBack(shop, purchase);
});

it("returns no pieces with all that is left while another refund is under way", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat", MIXED);
  const { orderId, sku, outTradeNo } = purchase;
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  const partial = await shop.manager.refund(OPERATOR, { ...request, amount: fen(1000) }, unique("refund"));
  const rest = await shop.manager.refund(OPERATOR, request, unique("refund"));
  expect([partial, rest]).toMatchObject([
    { status: "PROCESSING", items: [], amount: 766, points: 234 },
    { status: "PROCESSING", items: [], amount: 1534, points: 466 },
  ]);
  await runJobsToTheEnd(shop);
  await deliverAll(shop, "wechat", outTradeNo);
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  await expectAllBack(shop, purchase);
});

it("returns no pieces with all that is left while points alone are under way", async () => {
  const shop = shopOf("points_first");
  const purchase = await paidOrder(shop);
  const match = STATEMENTS.applyRefund;
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
  await expect(ask(shop, OPERATOR, purchase, 500)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  expect(await ask(shop, OPERATOR, purchase)).toMatchObject({ items: [], amount: 2300, points: 200 });
  await letPass(shop, 60);
  await expectAllBack(shop, purchase);
});

it("asks for no more than there is", async () => {
  const shop = openShop();
  const purchase = await paidOrder(shop);
  await expect(ask(shop, OPERATOR, purchase, 3001)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
  expect(await refundsOf(shop, purchase.outTradeNo)).toEqual([]);
});

describe("an order that points paid alone", () => {
  const freeOrder = (shop: Shop) => newOrder(shop, { points: 3500, pointsToUse: 3000 });
  const back = (
    shop: Shop,
    actor: Purchase["customer"],
    { orderId }: Purchase,
    amount?: number,
    key = unique("refund"),
  ) =>
    shop.manager.refund(
      actor,
      { provider: "points", orderId, reason: "退货", ...(amount !== undefined && { amount: fen(amount) }) },
      key,
    );

  it("gives its points and pieces back, once", async () => {
    const shop = openShop();
    const purchase = await freeOrder(shop);
    const key = unique("refund");
    expect(await stockOf(shop, purchase.sku)).toEqual([8, 0]);
    const refund = await back(shop, OPERATOR, purchase, undefined, key);
    expect(refund).toMatchObject({ status: "SUCCESS", provider: "points", amount: 0, points: 3000 });
    expect(await back(shop, OPERATOR, purchase, undefined, key)).toEqual(refund);
    expect(await shop.manager.queryRefund(purchase.customer, "points", refund.refundId)).toEqual(refund);
    await expect(back(shop, OPERATOR, purchase)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
    expect(await balanceOf(shop, purchase)).toBe(3500);
    expect(await stockOf(shop, purchase.sku)).toEqual([10, 0]);
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ refundState: "FULL" });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each(["before", "after"] as const)(
    "gives no more than came when two ask for most of it at once (%s)",
    async (when) => {
      const [shop, elsewhere] = [openShop(), openShop()];
      const purchase = await freeOrder(shop);
      const [one, other] = await interleave(
        { when, match: STATEMENTS.reserveRefund },
        () => back(shop, OPERATOR, purchase, 2000),
        () => back(elsewhere, OPERATOR, purchase, 2000),
      );
      const refused = { status: "rejected", reason: { code: "REFUND_EXCEEDS_PAYMENT" } };
      expect([one, other].filter(({ status }) => status === "rejected")).toMatchObject([refused]);
      expect(await balanceOf(shop, purchase)).toBe(2500);
      expect(await back(shop, OPERATOR, purchase)).toMatchObject({ points: 1000 });
      expect(await balanceOf(shop, purchase)).toBe(3500);
      await expectBooksInOrder(shop, subjectsOf(purchase));
    },
  );

  it("waits for an operator when its buyer asks", async () => {
    const shop = openShop();
    const purchase = await freeOrder(shop);
    const { refundId, status } = await back(shop, purchase.customer, purchase, 1000);
    expect(status).toBe("REQUESTED");
    expect(await balanceOf(shop, purchase)).toBe(500);
    expect(await approveRefund(shop.ctx, OPERATOR, refundId)).toMatchObject({ status: "SUCCESS", points: 1000 });
    expect(await balanceOf(shop, purchase)).toBe(1500);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("goes on by a job when the answer was lost after the points had been promised", async () => {
    const shop = openShop();
    const purchase = await freeOrder(shop);
    const match = STATEMENTS.applyRefund;
    await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
    await expect(back(shop, OPERATOR, purchase)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    await clearFaults();
    await letPass(shop, 60);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await balanceOf(shop, purchase)).toBe(3500);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("is refunded by points and by no other provider", async () => {
    const shop = openShop();
    const { orderId } = await freeOrder(shop);
    const request = { provider: "wechat", orderId, reason: "退货" } as const;
    const refused = shop.manager.refund(OPERATOR, request, unique("refund"));
    await expect(refused).rejects.toMatchObject({ code: "PAYMENT_NOT_FOUND" });
  });
});
