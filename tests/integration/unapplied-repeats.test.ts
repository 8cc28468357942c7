/** A request repeated under its key, when its money has come and has not paid the order: nobody hears of a success. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { showCode, visit } from "./support/alipay-buyer.ts";
import { deliverAll, payAt } from "./support/controls.ts";
import { newOrder, startPayment } from "./support/purchases.ts";
import { attemptOf, closeInTheBooks } from "./support/records.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";
import { showState } from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** A payment opened under a key, and the call that repeats it. */
async function opened(shop: Shop, method: "ALIPAY_WEB" | "ALIPAY_QR" | "ALIPAY_BARCODE") {
  const purchase = await newOrder(shop);
  const { customer, orderId, amount } = purchase;
  const authCode = await showCode({ asksPassword: true });
  const details = method === "ALIPAY_BARCODE" ? { method, authCode } : { method };
  const key = unique("pay");
  const repeat = () => shop.manager.create(customer, "alipay", { ...details, orderId, amount }, key);
  const { payment } = await repeat();
  if (payment.method === "ALIPAY_WEB") await visit(payment.payUrl);
  return { ...purchase, outTradeNo: payment.outTradeNo, repeat };
}
type Opened = Awaited<ReturnType<typeof opened>>;

async function tell(shop: Shop, { outTradeNo }: Opened): Promise<void> {
  await payAt("alipay", outTradeNo);
  await deliverAll(shop, "alipay", outTradeNo);
}

async function cancelGivesBack(shop: Shop, { outTradeNo }: Opened): Promise<void> {
  await letPass(shop, 61);
  await payAt("alipay", outTradeNo);
  await showState(outTradeNo, "WAIT_BUYER_PAY");
  await synchroniseAttempts(shop.ctx, 50);
}

async function comesLate(shop: Shop, payment: Opened): Promise<void> {
  await closeInTheBooks(shop, payment.outTradeNo);
  await cancelOrder(shop.ctx, payment.customer, payment.orderId);
  await tell(shop, payment);
}

async function comesSecond(shop: Shop, payment: Opened): Promise<void> {
  const other = await startPayment(shop, payment, "wechat");
  await payAt("wechat", other);
  await deliverAll(shop, "wechat", other);
  await tell(shop, payment);
}

it.each([
  ["was given back by a cancel", "ALIPAY_BARCODE", cancelGivesBack, "GONE_BACK", "PAYMENT_CLOSED"],
  ["came when the order was closed", "ALIPAY_WEB", comesLate, "LATE", "ORDER_CLOSED"],
  ["came when the order was paid otherwise", "ALIPAY_QR", comesSecond, "SECOND", "ORDER_PAID"],
] as const)("hears of no success when its money %s", async (_, method, stage, unappliedReason, code) => {
  const shop = openShop();
  const payment = await opened(shop, method);
  await stage(shop, payment);
  expect(await attemptOf(shop, payment.outTradeNo)).toMatchObject({ state: "SUCCESS", unappliedReason });
  await expect(payment.repeat()).rejects.toMatchObject({ code });
});

it("hears of the success that has paid the order", async () => {
  const shop = openShop();
  const payment = await opened(shop, "ALIPAY_BARCODE");
  await tell(shop, payment);
  expect(await payment.repeat()).toMatchObject({ created: false, payment: { status: "SUCCESS" } });
});
