/** Verified callbacks about what nobody here began, or what had ended otherwise: written down for an operator. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { world } from "../setup/slot.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;

it.each(CHANNELS)("answers a payment under an unknown %s number, and writes it down", async (channel) => {
  const shop = openShop();
  const outTradeNo = unique("foreign").toUpperCase();
  const answer = await deliver(
    shop,
    channel,
    await signedCallback({ provider: channel, callback: "trade", outTradeNo }),
  );
  expect(answer.status).toBe(200);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_TRADE"]);
});

it("does not let one provider's callback settle another provider's attempt", async () => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  const fields = { total_amount: "30.00" };
  const callback = await signedCallback({ provider: "alipay", callback: "trade", outTradeNo, fields });
  expect((await deliver(shop, "alipay", callback)).body).toBe("success");
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING" });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_TRADE"]);
  const closed = await signedCallback({
    provider: "alipay",
    callback: "trade",
    outTradeNo,
    fields: { total_amount: "30.00", trade_status: "TRADE_CLOSED", gmt_payment: null },
  });
  await deliver(shop, "alipay", closed);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING" });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each(["PROFITSHARING", "COMPLAINT.CREATE", "SOMETHING.NEW"])(
  "acknowledges a %s of WeChat Pay's, counts it up when it comes again, and books nothing",
  async (event) => {
    const shop = openShop();
    const plaintext = JSON.stringify({ mchid: world().env.WECHAT_MCH_ID, complaint_id: unique("complaint") });
    const callback = await signedCallback({ provider: "wechat", callback: "trade", event, plaintext });
    const { id } = JSON.parse(new TextDecoder().decode(callback.body)) as { id: string };
    for (const deliveries of [1, 2]) {
      expect((await deliver(shop, "wechat", callback)).status).toBe(200);
      const found = await shop.db.select().from(notifications).where(eq(notifications.notifyId, id));
      expect(found).toMatchObject([{ event, outcome: "IGNORED", deliveries, outTradeNo: null }]);
    }
  },
);

it("records a refund that somebody made at WeChat Pay, outside of our own ceiling", async () => {
  const shop = openShop();
  const { outTradeNo } = await newPaidOrder(shop, "wechat");
  const outRefundNo = unique("console");
  const fields = { amount: { total: 3000, refund: 500, payer_total: 3000, payer_refund: 500 } };
  const order = { provider: "wechat", callback: "refund", outTradeNo, outRefundNo, fields };
  const callback = await signedCallback(order);
  for (let copy = 0; copy < 2; copy++) expect((await deliver(shop, "wechat", callback)).status).toBe(200);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([
    { outRefundNo, origin: "EXTERNAL", state: "SUCCESS", amount: 500, applied: false },
  ]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 0, refunded: 0 });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
});

it("tells an operator of a refund that somebody made at Alipay", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "alipay");
  const { outTradeNo } = purchase;
  await sandbox("POST", "refunds/external", { provider: "alipay", outTradeNo, amount: 500 });
  expect((await deliverAll(shop, "alipay", outTradeNo))[0]?.body).toBe("success");
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 0, refunded: 0 });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PAID", refundedAmount: 0 });
});

it("tells an operator when a refund that had failed succeeds after all, and counts its money once", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat");
  const { orderId, outTradeNo } = purchase;
  await misbehave({ kind: "refund_closed", outTradeNo });
  const request = { provider: "wechat", orderId, reason: "退货", items: [] } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 60);
  await deliverAll(shop, "wechat", outTradeNo);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "CLOSED" }]);
  const fields = { refund_status: "SUCCESS", success_time: "2026-11-22T18:00:00+08:00" };
  const order = { provider: "wechat", callback: "refund", outTradeNo, outRefundNo: refundId, fields };
  const callback = await signedCallback({ ...order, event: "REFUND.SUCCESS" });
  for (const _copy of [1, 2]) expect((await deliver(shop, "wechat", callback)).status).toBe(200);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["REFUND_AFTER_CLOSE", "REFUND_FAILED"]);
  await expect(shop.manager.refund(OPERATOR, request, unique("refund"))).rejects.toMatchObject({
    code: "REFUND_EXCEEDS_PAYMENT",
  });
  expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundState: "FULL", refundingAmount: 0 });
});
