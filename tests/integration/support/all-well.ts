/** How every story of a payment has to end. */
import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { getOrderRow } from "../../../src/payments/orders/read-order.ts";
import { runJobsToTheEnd } from "./afresh.ts";
import { expectBooksInOrder } from "./books.ts";
import { deliverEverything, providerTrades } from "./controls.ts";
import { type Purchase, subjectsOf } from "./purchases.ts";
import type { Shop } from "./shop.ts";

/** Tells and runs everything there is: the order then has its money or gave it all back, and all books say so. */
export async function expectAllWell(shop: Shop, purchase: Purchase): Promise<void> {
  await deliverEverything(shop);
  await runJobsToTheEnd(shop);
  await deliverEverything(shop);
  await expectBooksInOrder(shop, subjectsOf(purchase));
  const order = await getOrderRow(shop.ctx, purchase.orderId);
  expect(["PAID", "CLOSED"]).toContain(order.state);
  expect(await moneyKept(shop, purchase)).toBe(order.state === "PAID" ? order.amount - order.refunded : 0);
}

/** What providers hold for the order, and points taken for it. */
async function moneyKept(shop: Shop, { orderId }: Purchase): Promise<number> {
  const trades = (await providerTrades()).filter((trade) => trade.outTradeNo.startsWith(orderId));
  const held = trades.map((trade) => (trade.state === "paid" ? trade.amount - trade.refunded : 0));
  const attempts = await shop.db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId));
  const paidInPoints = attempts
    .filter(({ provider }) => provider === "points")
    .map(({ received, refunded }) => received - refunded);
  return [...held, ...paidInPoints].reduce((sum, amount) => sum + amount, 0);
}
