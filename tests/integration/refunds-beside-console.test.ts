/** Refunds of an order of which somebody gives money back in the provider's console, too: all that is left goes back, and no more. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { fen } from "../../src/money.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { giveBack } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll } from "./support/controls.ts";
import { newPaidOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { attemptOf, refundedAtProvider } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";
import { MIXED } from "./support/story.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Alipay wants so much time between two refunds of one payment. */
const PACE_SECONDS = 3;

/** An order of 23.00 and 700 points of which 10.00 went back in the console, on record here. */
async function givenBackInPart(shop: Shop) {
  const paid = await newPaidOrder(shop, "alipay", MIXED);
  await giveBack(1000)(paid.outTradeNo);
  await deliverAll(shop, "alipay", paid.outTradeNo);
  return paid;
}

function ask(shop: Shop, { orderId }: Purchase, amount?: number, actor = OPERATOR) {
  const wanted = amount === undefined ? {} : { amount: fen(amount) };
  return shop.manager.refund(actor, { provider: "alipay", orderId, ...wanted, reason: "退货" }, unique("refund"));
}

async function expectAllBack(shop: Shop, paid: Purchase & { readonly outTradeNo: string }): Promise<void> {
  await letPass(shop, PACE_SECONDS);
  await synchroniseRefunds(shop.ctx, 50);
  expect(await refundedAtProvider(paid.outTradeNo)).toBe(2300);
  expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunded: 1300, refunding: 0 });
  expect((await getBalance(shop.ctx, paid.customer.id)).balance).toBe(900);
  await expectBooksInOrder(shop, subjectsOf(paid));
}

describe.each(["proportional", "money_first", "points_first"] as const)("%s", (mixedRefunds) => {
  it.each([[[undefined]], [[500, undefined]], [[1999, 1]]] as const)(
    "gives back what is left by %j",
    async (amounts) => {
      const shop = openShop({ settings: { mixedRefunds } });
      const paid = await givenBackInPart(shop);
      for (const amount of amounts) {
        await ask(shop, paid, amount);
        await letPass(shop, PACE_SECONDS);
      }
      await expectAllBack(shop, paid);
    },
  );

  it("divides a request by what is left when it is granted", async () => {
    const shop = openShop({ settings: { mixedRefunds } });
    const paid = await newPaidOrder(shop, "alipay", MIXED);
    const { refundId } = await ask(shop, paid, 2000, paid.customer);
    await giveBack(1000)(paid.outTradeNo);
    await deliverAll(shop, "alipay", paid.outTradeNo);
    expect(await approveRefund(shop.ctx, OPERATOR, refundId)).toMatchObject({
      status: "SUCCESS",
      amount: 1300,
      points: 700,
    });
    await expectAllBack(shop, paid);
  });
});

it("takes all that is left for a full refund, whose pieces come back, and refuses more", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "alipay");
  await giveBack(1000)(paid.outTradeNo);
  await deliverAll(shop, "alipay", paid.outTradeNo);
  await expect(ask(shop, paid, 2001)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
  expect(await ask(shop, paid)).toMatchObject({ status: "SUCCESS", amount: 2000 });
  expect(await stockOf(shop, paid.sku)).toEqual([10, 0]);
  expect(await refundedAtProvider(paid.outTradeNo)).toBe(3000);
  await expect(ask(shop, paid)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
});
