/** A customer's points as tests look at them. */
import { asc, eq } from "drizzle-orm";
import { pointsAccounts, pointsLogs } from "../../../db/schema/points.ts";
import { fen } from "../../../src/money.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { createOrder } from "../../../src/payments/orders/create-order.ts";
import { letPass } from "./afresh.ts";
import { deliverAll, payAt } from "./controls.ts";
import { type Channel, type Purchase, startPayment } from "./purchases.ts";
import { newCustomer, OPERATOR, SERVICE, type Shop, unique } from "./shop.ts";

/** [balance, held, clawed], as the account's row says. */
export async function accountOf(shop: Shop, { id }: Actor): Promise<[number, number, number] | undefined> {
  const [row] = await shop.db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, id));
  return row && [row.balance, row.held, row.clawed];
}

/** The entries of the journal as "KIND points STATE", in the order in which they took effect. */
export async function entriesOf(shop: Shop, { id }: Actor): Promise<string[]> {
  const rows = await shop.db
    .select()
    .from(pointsLogs)
    .where(eq(pointsLogs.userId, id))
    .orderBy(asc(pointsLogs.effectiveAt), asc(pointsLogs.kind));
  return rows.map(({ kind, points, state }) => `${kind} ${points} ${state}`);
}

/** An order of 30.00 without items, less the points that are used. */
export async function newService(shop: Shop, customer: Actor, pointsToUse = 0): Promise<Purchase> {
  const request = { userId: customer.id, items: [], amount: fen(3000), pointsToUse };
  const order = await createOrder(shop.ctx, SERVICE, request);
  return { customer, sku: "-", order, orderId: order.orderId, amount: order.amount };
}

/** A service order of a new customer who has that many points. */
export const newServiceFor = async (shop: Shop, points = 0) => newService(shop, await newCustomer(shop, points));

/** Pays an order, and the payment is told. Returns the order. */
export async function pay(shop: Shop, purchase: Purchase, channel: Channel = "alipay"): Promise<Purchase> {
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo);
  await deliverAll(shop, channel, outTradeNo);
  return purchase;
}

/** Gives some of what an order was worth back, or all that is left. Alipay does so at once, but not twice in three seconds. */
export async function refundMoney(shop: Shop, { orderId }: Purchase, amount?: number, provider: Channel = "alipay") {
  await letPass(shop, 3);
  const wanted = { orderId, reason: "退货", items: [], ...(amount === undefined ? {} : { amount: fen(amount) }) };
  return await shop.manager.refund(OPERATOR, { provider, ...wanted }, unique("refund"));
}
