/** What Alipay says of a trade after its order has ended here: no news, or money that an operator hears of. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  booksOf,
  finish,
  giveBack,
  inTurn,
  newPaidTrade,
  newTrade,
  pay,
  type Standing,
  tradeNotice,
} from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave } from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const PAID: Standing = ["PAID", "SUCCESS", "APPLIED", 3000, []];

const DAYS = 24 * 60 * 60;

describe("TRADE_FINISHED", () => {
  it("three months later is no news of an order that is PAID", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await letPass(shop, 91 * DAYS);
    expect(await deliverAll(shop, "alipay", scene.outTradeNo)).toMatchObject([{ status: 200, body: "success" }]);
    expect(await shop.manager.query(scene.customer, "alipay", scene.orderId)).toMatchObject({ status: "SUCCESS" });
    expect(await booksOf(shop, scene)).toEqual(PAID);
    await expectBooksInOrder(shop, subjectsOf(scene));
  });

  it("as first news of an order that is CLOSED is money that can't go back, and an operator hears of both", async () => {
    const shop = openShop();
    const scene = await newTrade(shop);
    const { customer, orderId, outTradeNo } = scene;
    await misbehave({ kind: "refuse", operation: "close", code: "TRADE_NOT_EXIST" });
    expect(await cancelOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "CLOSED" });
    await inTurn(pay, finish)(outTradeNo);
    await deliver(shop, "alipay", await tradeNotice(outTradeNo));
    await shop.idle();
    expect(await booksOf(shop, scene)).toEqual(["CLOSED", "SUCCESS", "LATE", 3000, ["LATE_PAYMENT", "REFUND_FAILED"]]);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([
      { state: "CLOSED", failureCode: "ACQ.TRADE_HAS_FINISHED" },
    ]);
  });
});

describe("a trade that is PAID in the books and TRADE_CLOSED at Alipay", () => {
  const tell = async (shop: Shop, outTradeNo: string) => {
    expect((await deliver(shop, "alipay", await tradeNotice(outTradeNo))).body).toBe("success");
  };

  it("by a refund of ours is no news", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    const request = { provider: "alipay", orderId: scene.orderId, reason: "退货" } as const;
    expect((await shop.manager.refund(OPERATOR, request, unique("r"))).status).toBe("SUCCESS");
    for (const _copy of [1, 2]) await tell(shop, scene.outTradeNo);
    await deliverAll(shop, "alipay", scene.outTradeNo);
    expect(await booksOf(shop, scene)).toEqual(PAID);
    expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "SUCCESS", amount: 3000 }]);
    await expectBooksInOrder(shop, subjectsOf(scene));
  });

  it("by somebody else's is put before an operator, once, and stays PAID", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await giveBack(3000)(scene.outTradeNo);
    for (const _copy of [1, 2]) await tell(shop, scene.outTradeNo);
    expect(await booksOf(shop, scene)).toEqual(["PAID", "SUCCESS", "APPLIED", 3000, ["MONEY_GONE_BACK"]]);
    expect(await refundedAtProvider(scene.outTradeNo)).toBe(3000);
  });
});
