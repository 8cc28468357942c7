/** Several orders of one customer, paid together. */
import { eq } from "drizzle-orm";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { fen } from "../../../src/money.ts";
import { type CombinedRequest, createCombined } from "../../../src/payments/combined/create-combined.ts";
import type { CombinedAnswer } from "../../../src/payments/combined/send-combined.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { createOrder } from "../../../src/payments/orders/create-order.ts";
import { getOrder } from "../../../src/payments/orders/read-order.ts";
import { providerTrades } from "./controls.ts";
import type { Purchase } from "./purchases.ts";
import { newCustomer, newSku, OPERATOR, type Shop } from "./shop.ts";

/** An order of two pieces at 15.00 of a thing of which there are ten. */
export async function orderFor(shop: Shop, customer: Actor): Promise<Purchase> {
  const sku = await newSku(shop, 10, fen(1500));
  const order = await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 2 }] });
  return { customer, sku, order, orderId: order.orderId, amount: order.amount };
}

/** Two such orders of one customer. */
export async function twoOrders(shop: Shop): Promise<[Purchase, Purchase]> {
  const customer = await newCustomer(shop);
  return await Promise.all([orderFor(shop, customer), orderFor(shop, customer)]);
}

export function combinedRequest(purchases: readonly Purchase[]): CombinedRequest {
  return { method: "WECHAT_NATIVE", orders: purchases.map(({ orderId, amount }) => ({ orderId, amount })) };
}

/** Opens one payment for all of them, as their customer. */
export function startCombined(shop: Shop, purchases: readonly Purchase[], key?: string): Promise<CombinedAnswer> {
  const customer = purchases[0]?.customer ?? OPERATOR;
  return createCombined(shop.ctx, customer, "wechat", combinedRequest(purchases), key);
}

/** The number of the attempt that pays an order. */
export function numberOf({ payment }: CombinedAnswer, { orderId }: Purchase): string {
  const found = payment.orders.find((order) => order.orderId === orderId);
  if (!found) throw new Error(`no attempt for ${orderId}`);
  return found.outTradeNo;
}

/** What is on record of the attempts of a combined payment. */
export async function partsOf(shop: Shop, combineOutTradeNo: string) {
  return await shop.db
    .select()
    .from(paymentTransactions)
    .where(eq(paymentTransactions.combineOutTradeNo, combineOutTradeNo));
}

export async function statesOf(shop: Shop, combineOutTradeNo: string): Promise<string[]> {
  return (await partsOf(shop, combineOutTradeNo)).map((part) => part.state);
}

export async function orderStatuses(shop: Shop, purchases: readonly Purchase[]): Promise<string[]> {
  const found = await Promise.all(purchases.map(({ orderId }) => getOrder(shop.ctx, OPERATOR, orderId)));
  return found.map((order) => order.status);
}

/** The states of a combined payment's trades in the provider's books. */
export async function tradesAtProvider(combineOutTradeNo: string): Promise<string[]> {
  const trades = await providerTrades();
  return trades.filter((trade) => trade.combineOutTradeNo === combineOutTradeNo).map((trade) => trade.state);
}
