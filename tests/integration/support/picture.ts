/** What there is to see of what a customer has done. */
import { and, eq, inArray, isNull, ne, or } from "drizzle-orm";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { getBalance } from "../../../src/payments/points/account.ts";
import { providerTrades } from "./controls.ts";
import { type Shop, stockOf } from "./shop.ts";
import type { Cast } from "./story.ts";

/** What there is to see of a customer's affairs, without numbers and times. */
export async function pictureOf(shop: Shop, cast: Cast) {
  const ids = await orderIdsOf(shop, cast);
  const notGivenUp = or(isNull(orders.closeReason), ne(orders.closeReason, "DRAFT_ABANDONED"));
  const [theirOrders, attempts, refunds, trades, stock, balance] = await Promise.all([
    shop.db
      .select()
      .from(orders)
      .where(and(eq(orders.userId, cast.userId), notGivenUp)),
    shop.db.select().from(paymentTransactions).where(inArray(paymentTransactions.orderId, ids)),
    shop.db.select().from(refundRecords).where(inArray(refundRecords.orderId, ids)),
    providerTrades(),
    Promise.all(cast.skus.map((sku) => stockOf(shop, sku))),
    getBalance(shop.ctx, cast.userId),
  ]);
  return {
    orders: theirOrders
      .map((o) => [o.state, o.closeReason, o.closingAt !== null, o.amount, o.refunding, o.refunded])
      .sort(),
    attempts: attempts
      .map((a) => [...[a.method, a.state, a.disposition, a.received, a.refunding, a.refunded], a.refundParts])
      .sort(),
    refunds: refunds.map((r) => [r.state, r.origin, r.amount, r.points, r.failureCode]).sort(),
    stock,
    points: [balance.balance, balance.held],
    providers: trades.map((t) => [t.provider, t.state, t.amount, t.refunded]).sort(),
  };
}

async function orderIdsOf(shop: Shop, { userId }: Cast): Promise<string[]> {
  const rows = await shop.db.select({ id: orders.id }).from(orders).where(eq(orders.userId, userId));
  return rows.map((row) => row.id);
}
