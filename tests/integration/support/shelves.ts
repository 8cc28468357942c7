/** What tests of the stock do to a shelf, and what they hear of it. */
import { eq } from "drizzle-orm";
import { events } from "../../../db/schema/history.ts";
import { createOrder } from "../../../src/payments/orders/create-order.ts";
import { newCustomer, type Shop } from "./shop.ts";

/** A new customer's order of so many pieces. */
export async function order(shop: Shop, sku: string, quantity: number) {
  const customer = await newCustomer(shop);
  const made = await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity }] });
  return { customer, ...made };
}

/** Events of that kind about an item. */
export const eventsOf = (shop: Shop, kind: "stock.low" | "stock.shortage", sku: string) =>
  shop.db
    .select()
    .from(events)
    .where(eq(events.kind, kind))
    .then((rows) => rows.filter((row) => row.subjectKey.startsWith(`${kind}:${sku}:`)));
