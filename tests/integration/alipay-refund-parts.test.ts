/** Refunds in parts, by the shop and in Alipay's console, told in any order: what a notice sums up is never booked twice. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { endRefund, refundStandingOf, startRefund } from "./support/alipay-refunds.ts";
import { giveBack, newPaidTrade } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, takeDeliveries } from "./support/controls.ts";
import { textOf } from "./support/hostile.ts";
import { subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Parts of an order's 30.00, and what has gone back of it after each: refund_fee says the second, never the first. */
const PARTS = [1000, 500, 1500] as const;

describe("parts of a payment", () => {
  const allParts = async (shop: Shop) => {
    const scene = await newPaidTrade(shop);
    for (const part of PARTS) {
      await misbehave({ kind: "refund_abnormal", operation: "refund", outTradeNo: scene.outTradeNo });
      const { refundId } = await startRefund(shop, scene, part);
      await letPass(shop, 5);
      await endRefund(refundId);
    }
    return scene;
  };

  it.each([
    ["in their order", [0, 1, 2]],
    ["the last one first", [2, 1, 0]],
    ["twice and mixed", [1, 0, 1, 2, 0]],
  ] as const)("go back one by one, told %s", async (_, order) => {
    const shop = openShop();
    const scene = await allParts(shop);
    const notices = await takeDeliveries(scene.outTradeNo);
    const said = notices.map((notice) => new URLSearchParams(textOf(notice)));
    const fees = said.map((fields) => [fields.get("trade_status"), fields.get("refund_fee")]);
    expect(fees).toEqual([
      ["TRADE_SUCCESS", "10.00"],
      ["TRADE_SUCCESS", "15.00"],
      ["TRADE_CLOSED", "30.00"],
    ]);
    for (const index of order) {
      const notice = notices[index];
      if (notice) expect((await deliver(shop, "alipay", notice)).body).toBe("success");
    }
    const refunds = await refundsOf(shop, scene.outTradeNo);
    expect(refunds.map(({ state, amount }) => `${state} ${amount}`).sort()).toEqual(
      PARTS.map((part) => `SUCCESS ${part}`).sort(),
    );
    expect(await getOrder(shop.ctx, OPERATOR, scene.orderId)).toMatchObject({ status: "PAID", refundedAmount: 3000 });
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual([]);
    await expectBooksInOrder(shop, subjectsOf(scene));
  });

  it("given back in Alipay's console are put before an operator, and leave the shop's own as they are", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await startRefund(shop, scene, 1000);
    await giveBack(700)(scene.outTradeNo);
    expect(await deliverAll(shop, "alipay", scene.outTradeNo)).toMatchObject([
      { body: "success" },
      { body: "success" },
    ]);
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
    expect(await refundStandingOf(shop, scene)).toEqual(["SUCCESS", 0, 1000]);
  });
});
