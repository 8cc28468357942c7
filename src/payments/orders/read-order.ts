import { and, desc, eq, inArray, isNull, lt, ne, or } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orderItems, orders } from "../../../db/schema/orders.ts";
import { PayError } from "../../errors.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { isVisible, type OrderItemRow, type OrderRow, type OrderView, orderView } from "./view.ts";

/** Whether an actor may see what belongs to a user: one's own, or anything for the other roles. */
export function maySee(actor: Actor, userId: string): boolean {
  return actor.role !== "customer" || actor.id === userId;
}

/** An order with its lines in one round trip. Throws ORDER_NOT_FOUND, also for somebody else's. */
export async function getOrder(ctx: PaymentContext, actor: Actor, orderId: string): Promise<OrderView> {
  const rows = await read(() =>
    ctx.db
      .select()
      .from(orders)
      .leftJoin(orderItems, eq(orderItems.orderId, orders.id))
      .where(eq(orders.id, orderId))
      .orderBy(orderItems.sku),
  );
  const order = rows[0]?.orders;
  if (!order || !isVisible(order) || !maySee(actor, order.userId)) throw new PayError("ORDER_NOT_FOUND");
  return await orderView(ctx, order, linesOf(rows));
}

/** The bare row. Throws ORDER_NOT_FOUND, also for a draft. */
export async function getOrderRow(ctx: PaymentContext, orderId: string): Promise<OrderRow> {
  const [order] = await read(() => ctx.db.select().from(orders).where(eq(orders.id, orderId)));
  if (!order || !isVisible(order)) throw new PayError("ORDER_NOT_FOUND");
  return order;
}

export interface OrderPage {
  readonly orders: readonly OrderView[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** Orders, newest first, by keyset: a customer's own, or a named user's for the other roles. */
export async function listOrders(
  ctx: PaymentContext,
  actor: Actor,
  page: { readonly userId?: string | undefined; readonly before?: string | undefined; readonly limit: number },
): Promise<OrderPage> {
  const userId = actor.role === "customer" ? actor.id : page.userId;
  const rows = await read(() =>
    ctx.db
      .select()
      .from(orders)
      .where(
        and(
          userId === undefined ? undefined : eq(orders.userId, userId),
          page.before === undefined ? undefined : lt(orders.id, page.before),
          ne(orders.state, "DRAFT"),
          or(isNull(orders.closeReason), ne(orders.closeReason, "DRAFT_ABANDONED")),
        ),
      )
      .orderBy(desc(orders.id))
      .limit(page.limit + 1),
  );
  const shown = rows.slice(0, page.limit);
  const items = await itemsOf(
    ctx,
    shown.map((order) => order.id),
  );
  const linesOfOrder = (order: OrderRow) => items.filter((item) => item.orderId === order.id);
  return {
    orders: await Promise.all(shown.map((order) => orderView(ctx, order, linesOfOrder(order)))),
    next: rows.length > page.limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

async function itemsOf(ctx: PaymentContext, orderIds: readonly string[]): Promise<OrderItemRow[]> {
  if (orderIds.length === 0) return [];
  return read(() =>
    ctx.db
      .select()
      .from(orderItems)
      .where(inArray(orderItems.orderId, [...orderIds]))
      .orderBy(orderItems.orderId, orderItems.sku),
  );
}

function linesOf(rows: readonly { readonly order_items: OrderItemRow | null }[]): OrderItemRow[] {
  return rows.flatMap((row) => row.order_items ?? []);
}
