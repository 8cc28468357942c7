/** Points that two want at the same time: whoever spends them, and whoever takes them back. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { startAfresh } from "./support/afresh.ts";
import { allAtOnce } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, payAt, setFaults, takeDeliveries } from "./support/controls.ts";
import { expectNoSurprise, interleave, STATEMENTS } from "./support/interleave.ts";
import { accountOf, newService, newServiceFor, pay, refundMoney } from "./support/points.ts";
import { type Purchase, startPayment } from "./support/purchases.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const earningShop = () => openShop({ settings: { pointsPerYuan: 100 } });

/** 3000 points earned by an order of 30.00. */
const rewarded = async (shop: Shop) => pay(shop, await newServiceFor(shop));

async function expectInOrder(shop: Shop, ...purchases: readonly Purchase[]): Promise<void> {
  const orderIds = purchases.map(({ orderId }) => orderId);
  await expectBooksInOrder(shop, { orderIds, users: purchases.map(({ customer }) => customer.id) });
}

const SPENDING: Readonly<Record<string, (shop: Shop, purchase: Purchase) => Promise<unknown>>> = {
  "holds them for an order": (shop: Shop, { customer }: Purchase) => newService(shop, customer, 2000),
  "pays with them": (shop: Shop, { customer, orderId, amount }: Purchase) =>
    shop.manager.create(customer, "points", { method: "POINTS", orderId, amount }),
};

for (const [how, spend] of Object.entries(SPENDING)) {
  it.each(["before", "after"] as const)(
    `leaves them to a buyer who ${how} %s a refund takes them back`,
    async (when) => {
      const shop = earningShop();
      const buyers = openShop();
      const earned = await rewarded(shop);
      const later = await newService(buyers, earned.customer);
      const results = await interleave(
        { when, match: STATEMENTS.applyRefund },
        () => refundMoney(shop, earned),
        () => spend(buyers, later),
      );
      expectNoSurprise(results, [shop, buyers], ["INSUFFICIENT_POINTS"]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", when === "before" ? "fulfilled" : "rejected"]);
      const { available, debt } = await getBalance(shop.ctx, earned.customer.id);
      const spent = how === "pays with them" ? 3000 : 2000;
      expect([available, debt]).toEqual([0, when === "before" ? spent : 0]);
      await expectInOrder(shop, earned, later);
    },
  );
}

it.each(["before", "after"] as const)("settles what holds them %s a refund takes them back", async (when) => {
  const shop = earningShop();
  const earned = await rewarded(shop);
  const later = await newService(openShop(), earned.customer, 2000);
  const results = await interleave(
    { when, match: STATEMENTS.applyRefund },
    () => refundMoney(shop, earned),
    () => pay(openShop(), later),
  );
  expectNoSurprise(results, [shop], []);
  expect(await accountOf(shop, earned.customer)).toEqual([1000, 0, 3000]);
  await expectInOrder(shop, earned, later);
});

it.each(["before", "after"] as const)(
  "earns with money that comes %s its order closes, or not at all",
  async (when) => {
    const shop = earningShop();
    const purchase = await newServiceFor(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    const results = await interleave(
      { when, match: STATEMENTS.closeOrder },
      () => cancelOrder(shop.ctx, purchase.customer, purchase.orderId),
      async () => {
        // The provider has closed the payment by then, so that only a word from before can be late.
        await payAt("wechat", outTradeNo).catch(() => {});
        await deliverAll(shop, "wechat", outTradeNo);
      },
    );
    expectNoSurprise(results, [shop], ["ORDER_PAID"]);
    await expectInOrder(shop, purchase);
  },
);

it("earns once when the answer to the settlement is lost and the provider comes again", async () => {
  const shop = earningShop();
  const purchase = await newServiceFor(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo);
  const [callback] = await takeDeliveries(outTradeNo);
  if (!callback) throw new Error("no callback");
  await setFaults({ fail: [1, 2].map((at) => ({ at, match: STATEMENTS.settle, when: "after", how: "drop" })) });
  await deliver(shop, "wechat", callback);
  expect((await deliver(shop, "wechat", callback)).status).toBe(200);
  expect(await accountOf(shop, purchase.customer)).toEqual([3000, 0, 0]);
  await expectInOrder(shop, purchase);
});

it("lets one of two orders have the last points that a debt has left", async () => {
  const shop = openShop();
  const earned = await rewarded(earningShop());
  await refundMoney(shop, earned, 1500);
  const orders = [1, 2, 3].map((name) => ({ name: `${name}` }));
  const made = await allAtOnce(orders, () =>
    newService(shop, earned.customer, 1000).then(
      () => "made",
      ({ code }) => code,
    ),
  );
  expect(Object.values(made).toSorted()).toEqual(["INSUFFICIENT_POINTS", "INSUFFICIENT_POINTS", "made"]);
  expect(await accountOf(shop, earned.customer)).toEqual([3000, 1000, 1500]);
});
