/** Refunds that were given up and come true when another one has taken their place. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { pursueRefund } from "../../src/payments/refunds/pursue-refund.ts";
import { getRefundRow } from "../../src/payments/refunds/record.ts";
import { releaseRefund } from "../../src/payments/refunds/release-refund.ts";
import { retryRefund } from "../../src/payments/refunds/retry-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { misbehave, SAYS_NOTHING, sandbox } from "./support/controls.ts";
import { newPaidOrder, subjectsOf } from "./support/purchases.ts";
import { lateMoney } from "./support/receipts.ts";
import { anomaliesOf, attemptOf, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOUR = 3600;

/** A refund of all of an order, carried out by a provider that has not answered since, and given up by an operator. */
async function givenUp(shop: Shop) {
  const paid = await newPaidOrder(shop, "wechat");
  const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
  const refund = () => shop.manager.refund(OPERATOR, request, unique("refund"));
  await misbehave({ kind: "drop_after", operation: "refund" });
  await misbehave({ ...SAYS_NOTHING, operation: "refund_query", times: 1000 });
  const { refundId } = await refund();
  await letPass(shop, 7 * HOUR);
  await releaseRefund(shop.ctx, OPERATOR, { refundId, reason: "银行转账已退" });
  return { ...paid, refundId, refund };
}

describe("a refund that was given up and comes true", () => {
  it("counts as soon as there is room for it, and not sooner", async () => {
    const shop = openShop();
    const { outTradeNo, refundId, refund, ...paid } = await givenUp(shop);
    await misbehave({ kind: "drop_before", operation: "refund" });
    const second = await refund();
    await sandbox("DELETE", "faults");
    await pursueRefund(shop.ctx, await getRefundRow(shop.ctx, refundId));
    expect(await getRefundRow(shop.ctx, refundId)).toMatchObject({ state: "CLOSED" });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 3000, refunded: 0 });
    // Its provider refuses the second one, as nothing is left.
    await letPass(shop, 65);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await getRefundRow(shop.ctx, second.refundId)).toMatchObject({ state: "CLOSED" });
    await letPass(shop, 25 * HOUR);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await getRefundRow(shop.ctx, refundId)).toMatchObject({ state: "SUCCESS", nextCheckAt: null });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 0, refunded: 3000 });
    expect(await refundedAtProvider(outTradeNo)).toBe(3000);
    expect(await anomaliesOf(shop, outTradeNo)).toContain("REFUND_AFTER_CLOSE");
    expect(await stockOf(shop, paid.sku)).toEqual([8, 0]);
  });
});

it("is not given up within a minute of being sent once more: that one may be on its way yet", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  await misbehave({ kind: "drop_before", operation: "refund", times: 2 });
  const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 7 * HOUR);
  await shop.manager.queryRefund(OPERATOR, "wechat", refundId);
  await letPass(shop, 30);
  const release = () => releaseRefund(shop.ctx, OPERATOR, { refundId, reason: "银行转账已退" });
  await expect(release()).rejects.toMatchObject({ code: "REQUEST_IN_PROGRESS", details: { retryAfter: 30 } });
  expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 3000 });
  await letPass(shop, 31);
  expect(await release()).toMatchObject({ status: "CLOSED" });
});

it("is given up and tried again at Alipay, which calls what it does not have not done yet", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "alipay");
  await misbehave({ kind: "drop_before", operation: "refund", times: 1000 });
  const request = { provider: "alipay", orderId: paid.orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 7 * HOUR);
  expect(await releaseRefund(shop.ctx, OPERATOR, { refundId, reason: "given up" })).toMatchObject({ status: "CLOSED" });
  await sandbox("DELETE", "faults");
  expect(await retryRefund(shop.ctx, OPERATOR, { refundId, reason: "again" })).toMatchObject({ status: "SUCCESS" });
  await letPass(shop, 25 * HOUR);
  await synchroniseRefunds(shop.ctx, 50);
  // Alipay will never say that it has none: the first one is watched on.
  expect(await getRefundRow(shop.ctx, refundId)).toMatchObject({ state: "CLOSED", nextCheckAt: expect.any(Date) });
  expect(await refundedAtProvider(paid.outTradeNo)).toBe(3000);
  await expectBooksInOrder(shop, subjectsOf(paid));
});

it("is not tried again by hand when it is of money beside an order, which has numbers of its own", async () => {
  const shop = openShop();
  await misbehave({ kind: "refund_closed" });
  const late = await lateMoney(shop, "wechat");
  await letPass(shop, 61);
  await synchroniseRefunds(shop.ctx, 50);
  const [failed] = await refundsOf(shop, late.outTradeNo);
  expect(failed).toMatchObject({ state: "CLOSED", origin: "AUTOMATIC" });
  const word = { refundId: failed?.id ?? "", reason: "again" };
  await expect(retryRefund(shop.ctx, OPERATOR, word)).rejects.toMatchObject({ code: "REFUND_NOT_FAILED" });
  expect(await refundsOf(shop, late.outTradeNo)).toHaveLength(1);
});

describe("a refund that is tried again", () => {
  it("tells its buyer what the first one told, and keeps the operator's reason to the trail", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "refuse", operation: "refund", code: "USER_ACCOUNT_ABNORMAL", status: 403 });
    const request = { provider: "wechat", orderId: paid.orderId, reason: "七天无理由" } as const;
    const refused = shop.manager.refund(OPERATOR, request, unique("refund"));
    await expect(refused).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
    const [failed] = await refundsOf(shop, paid.outTradeNo);
    await letPass(shop, 61);
    const word = { refundId: failed?.id ?? "", reason: "司法冻结已解除" };
    const again = await retryRefund(shop.ctx, OPERATOR, word);
    expect(again.reason).toBe("七天无理由");
    expect((await getRefundRow(shop.ctx, again.refundId)).request).not.toContain("司法");
    await letPass(shop, 61);
    await synchroniseRefunds(shop.ctx, 50);
    await expectBooksInOrder(shop, subjectsOf(paid));
  });
});
