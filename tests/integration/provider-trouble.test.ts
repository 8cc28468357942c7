/** Providers that are silent, talk nonsense or refuse: nothing is given up that may have happened, nothing happens twice. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt, providerTrades } from "./support/controls.ts";
import { METHOD_OF, newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;

const TROUBLE = [
  ["timeout_before", "PROVIDER_SILENT", "timeout", { wechat: 1, alipay: 1 }],
  ["timeout_after", "PROVIDER_SILENT", "timeout", { wechat: 1, alipay: 1 }],
  ["drop_before", "PROVIDER_SILENT", "network", { wechat: 1, alipay: 2 }],
  ["drop_after", "PROVIDER_SILENT", "network", { wechat: 1, alipay: 2 }],
  ["http_500", "PROVIDER_SILENT", "server", { wechat: 3, alipay: 3 }],
  ["bad_signature", "PROVIDER_UNINTELLIGIBLE", "unverified", { wechat: 2, alipay: 1 }],
  ["sigtest", "PROVIDER_UNINTELLIGIBLE", "unverified", { wechat: 2, alipay: 1 }],
  ["unsigned", "PROVIDER_UNINTELLIGIBLE", "unverified", { wechat: 2, alipay: 1 }],
  ["http_429", "PROVIDER_BUSY", "error", { wechat: 1, alipay: 1 }],
] as const;

/** Calls are sent again by themselves after some kinds of trouble: so often it has to strike to be seen. */
const CASES = CHANNELS.flatMap((channel) =>
  TROUBLE.map(([kind, code, cause, times]) => [channel, kind, code, { cause, times: times[channel] }] as const),
);

const impatient = () => openShop({ providerTimeoutMs: 250 });

const attemptsOf = (shop: Shop, orderId: string) =>
  shop.db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId));

const refundsOf = (shop: Shop, orderId: string) =>
  shop.db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId));

const OPENING = { wechat: "POST /v3/pay/transactions/native", alipay: "alipay.trade.precreate" } as const;

/** What whoever runs the service was told of sends that were no success. */
function troublesTold(shop: Shop): readonly Record<string, unknown>[] {
  return shop.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "provider.trouble");
}

describe("opening a payment", () => {
  it.each(CASES)("%s, %s: says %s, and the repeat goes on with the same number", async (channel, kind, code, told) => {
    const { cause, times } = told;
    const shop = impatient();
    const purchase = await newOrder(shop);
    const { customer, orderId, amount } = purchase;
    const request = { method: METHOD_OF[channel], orderId, amount };
    await misbehave({ kind, operation: "create", times });
    const trouble = await shop.manager.create(customer, channel, request).catch((error: unknown) => error);
    const [attempt] = await attemptsOf(shop, orderId);
    expect(attempt).toMatchObject({ state: "CREATED" });
    expect(trouble).toMatchObject({ code, details: { transactionId: attempt?.outTradeNo } });
    const [first, ...more] = troublesTold(shop);
    expect(first).toMatchObject({ level: "warn", provider: channel, call: OPENING[channel], sends: 1, cause });
    // How many of them there was time for depends on the machine.
    expect(more.map(({ sends }) => sends)).toEqual([2, 3].slice(0, more.length));
    const { payment } = await shop.manager.create(customer, channel, request);
    expect(payment.outTradeNo).toBe(attempt?.outTradeNo);
    await payAt(channel, payment.outTradeNo);
    await deliverAll(shop, channel, payment.outTradeNo);
    expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "PAID" });
    expect(await providerTrades()).toHaveLength(1);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each([
    ["wechat", "PARAM_ERROR"],
    ["alipay", "ACQ.EXIST_FORBIDDEN_WORD"],
  ] as const)(
    "%s: a refusal of the first send ends the attempt, and the next one has a number of its own",
    async (channel, code) => {
      const shop = openShop();
      const purchase = await newOrder(shop);
      await misbehave({ kind: "refuse", operation: "create", code, status: 400 });
      await expect(startPayment(shop, purchase, channel)).rejects.toMatchObject({
        code: "PROVIDER_REFUSED",
        details: { providerCode: code },
      });
      const [failed] = await attemptsOf(shop, purchase.orderId);
      expect(failed).toMatchObject({ state: "FAILED", failureCode: code });
      const words = { code, message: "模拟器按要求拒绝", providerRequestId: expect.stringMatching(/^[\w-]{16,}$/) };
      expect(troublesTold(shop)).toMatchObject([{ provider: channel, sends: 1, cause: "error", ...words }]);
      expect(await startPayment(shop, purchase, channel)).not.toBe(failed?.outTradeNo);
      await runJobsToTheEnd(shop);
      await expectBooksInOrder(shop, subjectsOf(purchase));
    },
  );

  it.each([
    ["wechat", "PARAM_ERROR"],
    ["alipay", "ACQ.EXIST_FORBIDDEN_WORD"],
  ] as const)("%s: a refusal after silence proves nothing, and the money that came settles", async (channel, code) => {
    const shop = impatient();
    const purchase = await newOrder(shop);
    await misbehave({ kind: "timeout_after", operation: "create" });
    await expect(startPayment(shop, purchase, channel)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    await misbehave({ kind: "refuse", operation: "create", code, status: 400 });
    await expect(startPayment(shop, purchase, channel)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    const [attempt] = await attemptsOf(shop, purchase.orderId);
    expect(attempt).toMatchObject({ state: "CREATED", failureCode: null });
    await payAt(channel, attempt?.outTradeNo ?? "");
    await deliverAll(shop, channel, attempt?.outTradeNo ?? "");
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PAID" });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});

describe("refunding", () => {
  it.each(CASES)("%s, %s: keeps the money reserved, and it goes back once", async (channel, kind, _code, { times }) => {
    const shop = impatient();
    const purchase = await newPaidOrder(shop, channel);
    const { orderId, outTradeNo } = purchase;
    const request = { provider: channel, orderId, reason: "退货" };
    const key = unique("refund");
    await misbehave({ kind, operation: "refund", times });
    const refund = await shop.manager.refund(OPERATOR, request, key);
    expect(refund.status).toBe("PROCESSING");
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundingAmount: 3000, refundedAmount: 0 });
    await letPass(shop, 61);
    expect(await shop.manager.refund(OPERATOR, request, key)).toEqual(refund);
    await runJobsToTheEnd(shop);
    await deliverAll(shop, channel, outTradeNo);
    expect(await refundsOf(shop, orderId)).toMatchObject([{ outRefundNo: refund.outRefundNo, state: "SUCCESS" }]);
    const [trade] = await providerTrades();
    expect(trade).toMatchObject({ refunded: 3000, refunds: [{ outRefundNo: refund.outRefundNo }] });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each([
    ["wechat", "NOT_ENOUGH"],
    ["alipay", "ACQ.SELLER_BALANCE_NOT_ENOUGH"],
  ] as const)("%s: a seller short of money pays the refund later, under the same number", async (channel, code) => {
    const shop = openShop();
    const purchase = await newPaidOrder(shop, channel);
    const request = { provider: channel, orderId: purchase.orderId, reason: "退货" };
    await misbehave({ kind: "refuse", operation: "refund", code, status: 403, times: 2 });
    const refund = await shop.manager.refund(OPERATOR, request, unique("refund"));
    expect(refund.status).toBe("PROCESSING");
    await runJobsToTheEnd(shop);
    expect(await refundsOf(shop, purchase.orderId)).toMatchObject([
      { outRefundNo: refund.outRefundNo, state: "SUCCESS" },
    ]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each([
    ["wechat", "USER_ACCOUNT_ABNORMAL"],
    ["alipay", "ACQ.TRADE_NOT_ALLOW_REFUND"],
  ] as const)("%s: a refusal of the first send frees the money for another refund", async (channel, code) => {
    const shop = openShop();
    const purchase = await newPaidOrder(shop, channel);
    const { orderId, outTradeNo } = purchase;
    const request = { provider: channel, orderId, reason: "退货" };
    await misbehave({ kind: "refuse", operation: "refund", code, status: 403 });
    await expect(shop.manager.refund(OPERATOR, request, unique("refund"))).rejects.toMatchObject({
      code: "PROVIDER_REFUSED",
      details: { providerCode: code },
    });
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundingAmount: 0, refundedAmount: 0 });
    await expectBooksInOrder(shop, subjectsOf(purchase));
    await letPass(shop, 60);
    expect((await shop.manager.refund(OPERATOR, request, unique("refund"))).amount).toBe(3000);
    await runJobsToTheEnd(shop);
    await deliverAll(shop, channel, outTradeNo);
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ refundedAmount: 3000 });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each([
    ["wechat", "USER_ACCOUNT_ABNORMAL"],
    ["alipay", "ACQ.TRADE_NOT_ALLOW_REFUND"],
  ] as const)(
    "%s: a refusal after silence frees nothing, and the money that went back is booked",
    async (channel, code) => {
      const shop = impatient();
      const purchase = await newPaidOrder(shop, channel);
      const { orderId, outTradeNo } = purchase;
      await misbehave({ kind: "timeout_after", operation: "refund" });
      await misbehave({ kind: "refuse", operation: "refund", code, status: 403 });
      const refund = await shop.manager.refund(
        OPERATOR,
        { provider: channel, orderId, reason: "退货" },
        unique("refund"),
      );
      await shop.manager.queryRefund(OPERATOR, channel, refund.refundId);
      expect(["CREATED", "PROCESSING", "SUCCESS"]).toContain((await refundsOf(shop, orderId))[0]?.state);
      await runJobsToTheEnd(shop);
      await deliverAll(shop, channel, outTradeNo);
      expect(await refundsOf(shop, orderId)).toMatchObject([{ state: "SUCCESS" }]);
      await expectBooksInOrder(shop, subjectsOf(purchase));
    },
  );
});
