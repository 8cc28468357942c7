/** A payment to aim hostile callbacks at, and the proof that they miss. */
import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { inventoryItems, inventoryLogs } from "../../../db/schema/stock.ts";
import type { CallbackAnswer } from "../../../src/providers/callback.ts";
import { deliver, payAt, type SignedDelivery, takeDeliveries } from "./controls.ts";
import { type Channel, newOrder, type Purchase, startPayment } from "./purchases.ts";
import { openShop, type Shop } from "./shop.ts";

const UNVERIFIED: Record<Channel, Pick<CallbackAnswer, "status" | "body">> = {
  wechat: { status: 401, body: '{"code":"FAIL","message":"验签失败"}' },
  alipay: { status: 401, body: "failure" },
};

export interface Target extends Purchase {
  readonly shop: Shop;
  readonly channel: Channel;
  readonly outTradeNo: string;
  /** The callback that the provider has ready. The buyer has paid; the shop does not know yet. */
  readonly genuine: SignedDelivery;
}

export async function target(channel: Channel): Promise<Target> {
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo);
  const [genuine] = await takeDeliveries(outTradeNo);
  if (!genuine) throw new Error("no callback");
  return { ...purchase, shop, channel, outTradeNo, genuine };
}

/** Every row that a callback could move. */
export async function rowsOf({ shop, orderId, sku }: Target) {
  const { db } = shop;
  return {
    orders: await db.select().from(orders).where(eq(orders.id, orderId)),
    lines: await db.select().from(orderItems).where(eq(orderItems.orderId, orderId)),
    attempts: await db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId)),
    refunds: await db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId)),
    items: await db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku)),
    journal: await db.select().from(inventoryLogs).where(eq(inventoryLogs.sku, sku)),
  };
}

/** Fails unless each of the callbacks is turned away and leaves every row as it was. */
export async function expectTurnedAway(aim: Target, hostile: ReadonlyMap<string, SignedDelivery>): Promise<void> {
  const before = await rowsOf(aim);
  const answers: Record<string, Pick<CallbackAnswer, "status" | "body">> = {};
  for (const [name, delivery] of hostile) {
    const { status, body } = await deliver(aim.shop, aim.channel, delivery);
    answers[name] = { status, body };
  }
  await aim.shop.idle();
  expect(answers).toEqual(Object.fromEntries([...hostile.keys()].map((name) => [name, UNVERIFIED[aim.channel]])));
  expect(await rowsOf(aim)).toEqual(before);
  expect(await aim.shop.db.select().from(anomalies).where(eq(anomalies.orderId, aim.orderId))).toEqual([]);
}

/** Proves that it was the tampering which the shop refused. */
export async function expectGenuineCounts(aim: Target): Promise<void> {
  expect((await deliver(aim.shop, aim.channel, aim.genuine)).status).toBe(200);
  expect((await rowsOf(aim)).orders).toMatchObject([{ state: "PAID", paidBy: aim.outTradeNo }]);
}

/** Another character of the same kind, so that the text stays well-formed. */
export function changed(text: string, at = Math.floor(text.length / 2)): string {
  const old = text.charAt(at);
  const next = old === "A" ? "B" : old === "1" ? "2" : /\d/.test(old) ? "1" : "A";
  return text.slice(0, at) + next + text.slice(at + 1);
}

const bytes = (text: string) => new TextEncoder().encode(text);
export const textOf = (delivery: SignedDelivery) => new TextDecoder().decode(delivery.body);
export const withBody = (delivery: SignedDelivery, text: string): SignedDelivery => ({
  ...delivery,
  body: bytes(text),
});
