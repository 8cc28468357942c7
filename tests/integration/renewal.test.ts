/** Credentials that have lapsed, and what a buyer hears whose trade is no longer as the books have it. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import type { PaymentDetails } from "../../src/providers/details.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { misbehave, payAt, providerTrades, sandbox } from "./support/controls.ts";
import { newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const TWO_HOURS = 7200;
/** Orders that outlive their codes. */
const patientShop = () => openShop({ settings: { orderTtlMinutes: 600 } });

const WECHAT: readonly PaymentDetails[] = [
  { method: "WECHAT_JSAPI", openid: "oOfcl_the_simulated_buyer_01" },
  { method: "WECHAT_MINI", openid: "oMini_the_simulated_buyer_01" },
  { method: "WECHAT_NATIVE" },
  { method: "WECHAT_APP" },
  { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: "203.0.113.7" },
];

async function open(shop: Shop, { customer, orderId, amount }: Purchase, details: PaymentDetails) {
  const { payment, created } = await shop.manager.create(customer, "wechat", { ...details, orderId, amount });
  return { ...payment, created };
}

const NATIVE = { method: "WECHAT_NATIVE" } as const;

async function lapsedPayment() {
  const shop = patientShop();
  const purchase = await newOrder(shop);
  const { outTradeNo } = await open(shop, purchase, NATIVE);
  return { shop, purchase, outTradeNo };
}

const H5: PaymentDetails = { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: "203.0.113.7" };

it("takes a credential that comes once more before it has lapsed for what it is, and renews it in time", async () => {
  const shop = patientShop();
  const purchase = await newOrder(shop);
  const first = await open(shop, purchase, H5);
  await letPass(shop, 270);
  const early = await open(shop, purchase, H5);
  expect(early).toMatchObject({ h5Url: "h5Url" in first && first.h5Url });
  expect(early.credentialExpiresAt).toEqual(first.credentialExpiresAt);
  await letPass(shop, 40);
  const renewed = await open(shop, purchase, H5);
  expect(renewed.credentialExpiresAt?.getTime()).toBeGreaterThan(shop.ctx.now() + 290_000);
});

it("counts the life of a credential whose first answer was lost from the first request", async () => {
  const shop = openShop({ settings: { orderTtlMinutes: 600 }, providerTimeoutMs: 300 });
  const purchase = await newOrder(shop);
  await misbehave({ kind: "timeout_after", operation: "create" });
  await expect(open(shop, purchase, H5)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
  await letPass(shop, 200);
  const { outTradeNo, credentialExpiresAt } = await open(shop, purchase, H5);
  const recordedAt = (await attemptOf(shop, outTradeNo))?.createdAt.getTime() ?? 0;
  expect(credentialExpiresAt?.getTime()).toBeLessThanOrEqual(recordedAt + 300_000);
});

it.each(WECHAT)(
  "renews the lapsed credential of $method under its number, by the text of the first time",
  async (details) => {
    const shop = patientShop();
    const purchase = await newOrder(shop);
    const first = await open(shop, purchase, details);
    const sent = await attemptOf(shop, first.outTradeNo);
    await letPass(shop, details.method === "WECHAT_H5" ? 300 : TWO_HOURS);
    // Whatever else the caller says now, WeChat Pay refuses any other text under the number.
    const again = await open(shop, purchase, {
      ...details,
      attach: "later",
      payerClientIp: "203.0.113.99",
    } as PaymentDetails);
    expect(again).toMatchObject({ created: false, outTradeNo: first.outTradeNo, method: details.method });
    expect(again.credentialExpiresAt?.getTime()).toBeGreaterThan(shop.ctx.now());
    expect((await attemptOf(shop, first.outTradeNo))?.request).toBe(sent?.request);
    expect(await providerTrades()).toHaveLength(1);
  },
);

it("opens another attempt for each method, and the ones before close without being waited for", async () => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const opened: string[] = [];
  for (const details of [...WECHAT, ...WECHAT.slice(0, 2)]) {
    const { created, outTradeNo } = await open(shop, purchase, details);
    expect(created).toBe(true);
    opened.push(outTradeNo);
    await shop.idle();
  }
  const last = opened.at(-1);
  const states = (await providerTrades()).map(({ outTradeNo, state }) => [outTradeNo, state]);
  expect(Object.fromEntries(states)).toEqual(
    Object.fromEntries(opened.map((outTradeNo) => [outTradeNo, outTradeNo === last ? "open" : "closed"])),
  );
  await expectAllWell(shop, purchase);
});

describe("a code that is asked for again", () => {
  it("when it has been paid, answers so and settles at once", async () => {
    const { shop, purchase, outTradeNo } = await lapsedPayment();
    await payAt("wechat", outTradeNo);
    await letPass(shop, TWO_HOURS);
    await expect(open(shop, purchase, NATIVE)).rejects.toMatchObject({ code: "ORDER_PAID" });
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PAID" });
    await expectAllWell(shop, purchase);
  });

  it("when its trade has been closed, asks for another attempt, which has a number of its own", async () => {
    const { shop, purchase, outTradeNo } = await lapsedPayment();
    await sandbox("POST", `trades/wechat/${outTradeNo}/show`, { tradeState: "CLOSED" });
    await misbehave({ kind: "refuse", operation: "create", code: "ORDER_CLOSED", status: 400 });
    await letPass(shop, TWO_HOURS);
    await expect(open(shop, purchase, NATIVE)).rejects.toMatchObject({ code: "PAYMENT_CLOSED" });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "CLOSED" });
    const next = await open(shop, purchase, NATIVE);
    expect([next.created, next.outTradeNo === outTradeNo]).toEqual([true, false]);
  });

  it("when its money has come and gone, pays nothing by it, and an operator hears of it", async () => {
    const { shop, purchase, outTradeNo } = await lapsedPayment();
    await payAt("wechat", outTradeNo);
    await sandbox("POST", "refunds/external", { provider: "wechat", outTradeNo, amount: purchase.amount });
    await letPass(shop, TWO_HOURS);
    await expect(open(shop, purchase, NATIVE)).rejects.toMatchObject({ code: "PAYMENT_CLOSED" });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ unappliedReason: "GONE_BACK", policy: "HOLD" });
    expect(await anomaliesOf(shop, outTradeNo)).toEqual(["MONEY_GONE_BACK"]);
    expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PENDING" });
  });

  it.each(["OUT_TRADE_NO_USED", "ORDERPAID", "ORDER_CLOSED"])(
    "and refused as %s although nothing has come of it, stays as it is",
    async (code) => {
      const { shop, purchase, outTradeNo } = await lapsedPayment();
      await misbehave({ kind: "refuse", operation: "create", code, status: 403 });
      await letPass(shop, TWO_HOURS);
      const trouble = await open(shop, purchase, NATIVE).catch((error: unknown) => error);
      expect(trouble).toMatchObject({ code: "PROVIDER_SILENT", details: { transactionId: outTradeNo } });
      expect(JSON.stringify(trouble)).not.toContain(code);
      expect(await open(shop, purchase, NATIVE)).toMatchObject({ outTradeNo, created: false });
      await expectBooksInOrder(shop, subjectsOf(purchase));
    },
  );

  it("and refused while nobody can be asked, stays as it is", async () => {
    const { shop, purchase, outTradeNo } = await lapsedPayment();
    await payAt("wechat", outTradeNo);
    await letPass(shop, TWO_HOURS);
    await misbehave({ kind: "drop_before", operation: "query" });
    await expect(open(shop, purchase, NATIVE)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING" });
    await expectAllWell(shop, purchase);
  });
});
