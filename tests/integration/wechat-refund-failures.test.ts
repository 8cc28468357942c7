/** Refunds that come to nothing: an operator can see it before the shop says that it has heard. */
import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import {
  clearFaults,
  deliver,
  deliverAll,
  misbehave,
  payAt,
  sandbox,
  setFaults,
  takeDeliveries,
} from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, closeInTheBooks, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** The database does not take anomalies of a kind, as often as it is tried for one callback. */
const refuseAnomalies = (kind: string) =>
  setFaults({ fail: [1, 2].map((at) => ({ at, match: `'${kind}'`, when: "before", how: "503" })) });

it.each([
  ["CLOSED", "REFUND_FAILED"],
  ["ABNORMAL", "REFUND_ABNORMAL"],
])("a callback that a refund is %s comes again until an operator can see it", async (status, kind) => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const { orderId, outTradeNo } = paid;
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await sandbox("POST", `refunds/wechat/${refundId}`, { status });
  const [callback] = await takeDeliveries(outTradeNo);
  if (!callback) throw new Error("no callback");
  await refuseAnomalies(kind);
  expect((await deliver(shop, "wechat", callback)).status).toBe(500);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual([]);
  await clearFaults();
  expect((await deliver(shop, "wechat", callback)).status).toBe(200);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual([kind]);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: status }]);
  await expectBooksInOrder(shop, subjectsOf(paid));
});

/** The refunds of a payment that an operator has been told of as failed. */
async function reported(shop: Shop, outTradeNo: string): Promise<(string | null)[]> {
  const isFailure = and(eq(anomalies.outTradeNo, outTradeNo), eq(anomalies.kind, "REFUND_FAILED"));
  const rows = await shop.db.select({ refundId: anomalies.refundId }).from(anomalies).where(isFailure);
  return rows.map(({ refundId }) => refundId);
}

it("a refusal of a refund that nobody asked for is on record before the next one is tried", async () => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo);
  await closeInTheBooks(shop, outTradeNo);
  await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
  await misbehave({ kind: "refuse", operation: "refund", code: "USER_ACCOUNT_ABNORMAL", status: 403, times: 9 });
  await refuseAnomalies("REFUND_FAILED");
  await deliverAll(shop, "wechat", outTradeNo);
  await clearFaults();
  await runJobsToTheEnd(shop);
  const refunds = await refundsOf(shop, outTradeNo);
  expect(refunds.map(({ state }) => state)).toContain("CLOSED");
  const failed = refunds.filter(({ state }) => state === "CLOSED").map(({ id }) => id);
  expect(await reported(shop, outTradeNo)).toEqual(expect.arrayContaining(failed));
  await expectBooksInOrder(shop, subjectsOf(purchase));
});
