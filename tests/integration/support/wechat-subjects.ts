/** What WeChat Pay tells of, one of each kind, ready to be told: everything has happened there, and the shop does not know. */
import { inArray } from "drizzle-orm";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { inventoryItems, inventoryLogs } from "../../../db/schema/stock.ts";
import { startCombined, twoOrders } from "./combined.ts";
import { payAt, sandbox } from "./controls.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "./purchases.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";
import { confirmAt, setPolicy, startTransfer, transferOf } from "./transfers.ts";

/** What the simulator is asked to sign, and what could change by it. */
export interface Subject {
  readonly order: Readonly<Record<string, unknown>>;
  /** The books as far as the callback is about them; not when a job looks again. */
  readonly books: () => Promise<Record<string, unknown>>;
}

async function payment(shop: Shop): Promise<Subject> {
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo);
  return { order: { callback: "trade", outTradeNo }, books: () => booksOf(shop, [purchase]) };
}

async function combined(shop: Shop): Promise<Subject> {
  const purchases = await twoOrders(shop);
  const { combineOutTradeNo } = (await startCombined(shop, purchases)).payment;
  await payAt("wechat", combineOutTradeNo);
  return { order: { callback: "combined", outTradeNo: combineOutTradeNo }, books: () => booksOf(shop, purchases) };
}

const refund =
  (status: string, callback = "refund") =>
  async (shop: Shop): Promise<Subject> => {
    const paid = await newPaidOrder(shop, "wechat");
    const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
    const { outRefundNo } = await shop.manager.refund(OPERATOR, request, unique("refund"));
    await sandbox("POST", `refunds/wechat/${outRefundNo}`, { status });
    await shop.idle();
    const order = { callback, outTradeNo: paid.outTradeNo, outRefundNo };
    return { order, books: () => booksOf(shop, [paid]) };
  };

async function transfer(shop: Shop): Promise<Subject> {
  await setPolicy({ transferringSeconds: 0 });
  const { outBillNo } = await startTransfer(shop);
  await confirmAt(outBillNo);
  const books = async () => ({ transfer: await transferOf(shop, outBillNo) });
  return { order: { callback: "transfer", outTradeNo: outBillNo }, books };
}

/** News that no book has a place for. A payment is looked at, to see that it stays as it is. */
const other =
  (event: string, plaintext: object) =>
  async (shop: Shop): Promise<Subject> => {
    const { books, order } = await payment(shop);
    return { order: { ...order, event, plaintext: JSON.stringify(plaintext) }, books };
  };

/** Every kind of callback, and what it could name that is somebody else's. */
export const KINDS = [
  { name: "payment", stage: payment, foreign: { merchant: { mchid: "1" }, application: { appid: "wx1" } } },
  {
    name: "combined payment",
    stage: combined,
    foreign: { merchant: { combine_mchid: "1" }, application: { combine_appid: "wx1" } },
  },
  { name: "refund that succeeded", stage: refund("SUCCESS"), foreign: { merchant: { mchid: "1" } } },
  { name: "refund that is abnormal", stage: refund("ABNORMAL"), foreign: { merchant: { mchid: "1" } } },
  { name: "refund that is closed", stage: refund("CLOSED"), foreign: { merchant: { mchid: "1" } } },
  { name: "transfer", stage: transfer, foreign: { merchant: { mch_id: "1" } } },
  { name: "echo", stage: other("SECURITY_ECHO.SUCCESS", { echo_message: "你好" }), foreign: {} },
  { name: "complaint", stage: other("COMPLAINT.CREATE", { complaint_id: "2000" }), foreign: {} },
] as const;

/** The same of the V2 protocol, which is not signed. */
export const V2_KIND = { name: "V2 refund notice", stage: refund("SUCCESS", "refund_v2") } as const;

async function booksOf(shop: Shop, purchases: readonly Purchase[]): Promise<Record<string, unknown>> {
  const ids = purchases.map(({ orderId }) => orderId);
  const skus = purchases.map(({ sku }) => sku);
  const { db } = shop;
  const [attempts, refunds, found] = await Promise.all([
    db.select().from(paymentTransactions).where(inArray(paymentTransactions.orderId, ids)),
    db.select().from(refundRecords).where(inArray(refundRecords.orderId, ids)),
    db.select().from(anomalies).where(inArray(anomalies.orderId, ids)),
  ]);
  return {
    orders: await db.select().from(orders).where(inArray(orders.id, ids)),
    lines: await db.select().from(orderItems).where(inArray(orderItems.orderId, ids)),
    attempts: attempts.map(unscheduled),
    refunds: refunds.map(unscheduled),
    items: await db.select().from(inventoryItems).where(inArray(inventoryItems.sku, skus)),
    journal: await db.select().from(inventoryLogs).where(inArray(inventoryLogs.sku, skus)),
    anomalies: found.map(({ kind, state, detail }) => ({ kind, state, detail })),
  };
}

function unscheduled<R extends { readonly nextCheckAt: Date | null }>({ nextCheckAt: _when, ...row }: R) {
  return row;
}
