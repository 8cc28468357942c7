/** Refunds that don't fit: of another amount than their provider names, or of pieces that are on their way back. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { refundRecords } from "../../db/schema/payments.ts";
import { anomalies } from "../../db/schema/records.ts";
import { fen } from "../../src/money.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave } from "./support/controls.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

it("is REFUND_AMOUNT_DIFFERS when Alipay is asked, and stays reserved", async () => {
  const shop = openShop();
  const { orderId, outTradeNo } = await newPaidOrder(shop, "alipay");
  await misbehave({ kind: "http_500", operation: "refund", effect: true, times: 3 });
  const request = { provider: "alipay", orderId, amount: fen(1000), reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await shop.db
    .update(refundRecords)
    .set({ amount: fen(999) })
    .where(eq(refundRecords.id, refundId));
  await letPass(shop, 20);
  await shop.manager.queryRefund(OPERATOR, "alipay", refundId);
  const [found] = await shop.db.select().from(anomalies).where(eq(anomalies.refundId, refundId));
  expect(found?.kind).toBe("REFUND_AMOUNT_DIFFERS");
  expect(JSON.parse(found?.detail ?? "{}")).toMatchObject({ amount: "9.99", reported: "10.00" });
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "CREATED" }]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 1000, refunded: 0 });
});

it("is not drawn up for pieces that are on their way back with another refund", async () => {
  const shop = openShop();
  const { orderId, outTradeNo, sku } = await newPaidOrder(shop, "wechat");
  const ask = (quantity: number) => {
    const items = [{ sku, quantity }];
    const request = { provider: "wechat", orderId, amount: fen(1000), reason: "退货", items } as const;
    return shop.manager.refund(OPERATOR, request, unique("refund"));
  };
  await ask(1);
  await expect(ask(2)).rejects.toMatchObject({
    code: "REFUND_ITEMS_EXCEED_ORDER",
    details: { issues: [{ path: "items[0]", message: "1 left to return" }] },
  });
  expect(await refundsOf(shop, outTradeNo)).toHaveLength(1);
});
