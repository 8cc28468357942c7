/** Money beside its order, and what can be seen of what became of it. */
import { and, asc, eq } from "drizzle-orm";
import { events, operatorActions } from "../../../db/schema/history.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { inventoryLogs } from "../../../db/schema/stock.ts";
import { pursueOrderClosing } from "../../../src/payments/orders/close-order.ts";
import { getOrderRow } from "../../../src/payments/orders/read-order.ts";
import { deliverAll, payAt } from "./controls.ts";
import { type Channel, newOrder, type Purchase, startPayment } from "./purchases.ts";
import { closeInTheBooks } from "./records.ts";
import type { Shop } from "./shop.ts";

export interface LateMoney extends Purchase {
  readonly outTradeNo: string;
}

/** An order whose time was over while its payment, unknown to the shop, had come. Nobody has told of it yet. */
export async function untoldMoney(shop: Shop, channel: Channel = "alipay", purchase?: Purchase): Promise<LateMoney> {
  const bought = purchase ?? (await newOrder(shop));
  const outTradeNo = await startPayment(shop, bought, channel);
  await payAt(channel, outTradeNo);
  await closeInTheBooks(shop, outTradeNo);
  await expire(shop, bought);
  return { ...bought, outTradeNo };
}

/** Closes an order as the job does whose time is over. */
export async function expire({ ctx }: Shop, { orderId }: Purchase): Promise<void> {
  await pursueOrderClosing(ctx, await getOrderRow(ctx, orderId), "EXPIRED");
}

/** The same, told. */
export async function lateMoney(shop: Shop, channel: Channel = "alipay", purchase?: Purchase): Promise<LateMoney> {
  const late = await untoldMoney(shop, channel, purchase);
  await deliverAll(shop, channel, late.outTradeNo);
  return late;
}

/** The kinds of events about an order, in the order of the alphabet. */
export async function eventsOf(shop: Shop, { orderId }: Purchase): Promise<string[]> {
  const rows = await shop.db.select().from(events).where(eq(events.orderId, orderId));
  return rows.map(({ kind }) => kind).sort();
}

/** What operators did, as "action: reason", in the order in which they did it. */
export async function actionsOn(shop: Shop, outTradeNo: string): Promise<string[]> {
  const rows = await shop.db
    .select()
    .from(operatorActions)
    .where(eq(operatorActions.subject, outTradeNo))
    .orderBy(asc(operatorActions.at), asc(operatorActions.id));
  return rows.map(({ action, reason }) => `${action}: ${reason}`);
}

/** The anomalies about a payment, as "KIND STATE". */
export async function anomalyStates(shop: Shop, outTradeNo: string): Promise<string[]> {
  const rows = await shop.db.select().from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));
  return rows.map(({ kind, state }) => `${kind} ${state}`).sort();
}

/** The sale entries of an order, as "generation STATE". */
export async function saleEntries(shop: Shop, { orderId }: Purchase): Promise<string[]> {
  const rows = await shop.db
    .select()
    .from(inventoryLogs)
    .where(and(eq(inventoryLogs.orderId, orderId), eq(inventoryLogs.kind, "SALE")))
    .orderBy(asc(inventoryLogs.causeId));
  return rows.map(({ causeId, state }) => `${causeId.split("#")[1] ?? "0"} ${state}`);
}
