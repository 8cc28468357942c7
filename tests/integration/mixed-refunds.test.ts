/** Orders that points paid a part of: both parts go back together. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { approveRefund, declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll } from "./support/controls.ts";
import { newPaidOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";
import { MIXED } from "./support/story.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Alipay wants so much time between two refunds of one payment. */
const PACE_SECONDS = 3;

/** 23.00 in money and 700 points; 200 more stay on the account. */
const paidOrder = (shop: Shop) => newPaidOrder(shop, "alipay", MIXED);

/** Asks for some of the money back, or for all that is left. */
function ask(shop: Shop, actor: Purchase["customer"], { orderId }: Purchase, amount?: number) {
  const wanted = amount === undefined ? {} : { amount: fen(amount) };
  return shop.manager.refund(actor, { provider: "alipay", orderId, ...wanted, reason: "退货" }, unique("refund"));
}

const balanceOf = async (shop: Shop, { customer }: Purchase) => (await getBalance(shop.ctx, customer.id)).balance;

it("gives points back in proportion to the money, and the rest of them with the last of it", async () => {
  const shop = openShop();
  const purchase = await paidOrder(shop);
  const given: number[] = [];
  for (const amount of [1000, 1000, undefined]) {
    given.push((await ask(shop, OPERATOR, purchase, amount)).points);
    await letPass(shop, PACE_SECONDS);
  }
  expect(given).toEqual([304, 304, 92]);
  expect(await balanceOf(shop, purchase)).toBe(900);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each([[[1150, 1150]], [[1000, 1300]], [[766, 767, 767]]])(
  "leaves no points behind when the requests %j, pending together, are approved one by one",
  async (amounts) => {
    const shop = openShop();
    const purchase = await paidOrder(shop);
    const requests = [];
    for (const amount of amounts) requests.push(await ask(shop, purchase.customer, purchase, amount));
    expect(await balanceOf(shop, purchase)).toBe(200);
    for (const { refundId } of requests) {
      await approveRefund(shop.ctx, OPERATOR, refundId);
      await letPass(shop, PACE_SECONDS);
    }
    expect(await balanceOf(shop, purchase)).toBe(900);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  },
);

it("gives the points of a declined request back with the one that is approved", async () => {
  const shop = openShop();
  const purchase = await paidOrder(shop);
  const [declined, approved] = [
    await ask(shop, purchase.customer, purchase, 1000),
    await ask(shop, purchase.customer, purchase),
  ];
  await declineRefund(shop.ctx, OPERATOR, declined.refundId);
  await approveRefund(shop.ctx, OPERATOR, approved.refundId);
  expect(await balanceOf(shop, purchase)).toBe(900);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("returns no pieces with all the money that is left while another refund is under way", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat", MIXED);
  const { orderId, sku, outTradeNo } = purchase;
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  const partial = await shop.manager.refund(OPERATOR, { ...request, amount: fen(1000) }, unique("refund"));
  await letPass(shop, 60);
  const rest = await shop.manager.refund(OPERATOR, request, unique("refund"));
  expect([partial, rest]).toMatchObject([
    { status: "PROCESSING", items: [] },
    { status: "PROCESSING", items: [], amount: 1300, points: 396 },
  ]);
  await letPass(shop, 60);
  await deliverAll(shop, "wechat", outTradeNo);
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  expect(await balanceOf(shop, purchase)).toBe(900);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});
