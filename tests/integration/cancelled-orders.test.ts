/** Late money of an order that somebody cancelled: by the policy to revive it goes back, and an operator may still apply it. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { applyToOrder } from "../../src/payments/receipts/decide-receipt.ts";
import { runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt, sandbox } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { newOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { expire } from "./support/receipts.ts";
import { attemptOf, refundedAtProvider } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const REVIVE = { settings: { latePayments: "revive" } } as const;
const statusOf = async (shop: Shop, { orderId }: Purchase) => (await getOrder(shop.ctx, OPERATOR, orderId)).status;

describe("late money of an order that was cancelled", () => {
  it.each([
    ["while it was open", async () => {}],
    ["while it was closing because its time was over", expireSilently],
  ] as const)("goes back, as nobody wants the order any more (%s)", async (_, before) => {
    const shop = openShop(REVIVE);
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    await before(shop, purchase);
    await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
    expect(await statusOf(shop, purchase)).toBe("CLOSED");
    await payAt("alipay", outTradeNo);
    await deliverAll(shop, "alipay", outTradeNo);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ unappliedReason: "LATE", policy: "REFUND" });
    await runJobsToTheEnd(shop);
    expect(await statusOf(shop, purchase)).toBe("CLOSED");
    expect(await refundedAtProvider(outTradeNo)).toBe(3000);
    expect(await stockOf(shop, purchase.sku)).toEqual([10, 0]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  /** The provider does not say yet whether the payment can be closed. */
  async function expireSilently(shop: Shop, purchase: Purchase): Promise<void> {
    await misbehave({ kind: "drop_before", operation: "close", times: 9 });
    await misbehave({ kind: "http_500", operation: "query", times: 9 });
    await expire(shop, purchase);
    expect(await statusOf(shop, purchase)).toBe("CLOSING");
    await sandbox("DELETE", "faults");
  }

  it("opens it again on an operator's word", async () => {
    const shop = openShop(REVIVE);
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
    await payAt("alipay", outTradeNo);
    const match = "insert into `refund_records`";
    const results = await interleave(
      { when: "before", match },
      () => deliverAll(shop, "alipay", outTradeNo),
      () => applyToOrder(openShop().ctx, OPERATOR, { outTradeNo, reason: "the buyer has changed their mind" }),
    );
    expect(results).toMatchObject([{ status: "fulfilled" }, { value: { orderStatus: "PAID" } }]);
  });
});
