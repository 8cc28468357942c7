import { sql } from "drizzle-orm";
import { check, index, int, mysqlTable, primaryKey, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import { checkColumns, fenColumn, instant, key, pointsColumn, requestColumns, sealedColumn } from "../columns.ts";

/** DRAFT → PENDING → PAID, PENDING → CLOSED. A draft has reserved nothing yet, and nobody sees it. */
export const ORDER_STATES = ["DRAFT", "PENDING", "PAID", "CLOSED"] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** Why an order closed. An abandoned draft never was an order. */
export const CLOSE_REASONS = ["CANCELLED", "EXPIRED", "DRAFT_ABANDONED"] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

export type RefundState = "NONE" | "PARTIAL" | "FULL";

/**
 * `amount` is what is to be paid in money: `total_amount` less the value of `points_to_use`. From `closing_at` on no
 * new attempt starts. `next_check_at` says when a job has to look at the order again; null when never.
 */
export const orders = mysqlTable(
  "orders",
  {
    id: key("id", { length: 26 }).primaryKey(),
    userId: key("user_id", { length: 64 }).notNull(),
    state: key("state", { length: 8 }).$type<OrderState>().notNull(),
    subject: sealedColumn("subject").notNull(),
    totalAmount: fenColumn("total_amount").notNull(),
    pointsToUse: pointsColumn("points_to_use").notNull(),
    amount: fenColumn("amount").notNull(),
    adjustments: text("adjustments").notNull(),
    lineCount: int("line_count").notNull(),
    refunding: fenColumn("refunding").notNull(),
    refunded: fenColumn("refunded").notNull(),
    pointsReturning: pointsColumn("points_returning").notNull(),
    pointsReturned: pointsColumn("points_returned").notNull(),
    /** How often a closed order was opened again for money that came late: its stock entries carry the number. */
    generation: int("generation").notNull().default(0),
    refundState: key("refund_state", { length: 8 })
      .$type<RefundState>()
      .generatedAlwaysAs(
        sql`(case when refunded + points_returned = 0 then 'NONE'
          when refunded < amount or points_returned < points_to_use then 'PARTIAL' else 'FULL' end)`,
        { mode: "stored" },
      ),
    createdBy: key("created_by", { length: 64 }).notNull(),
    ...requestColumns(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    closingAt: instant("closing_at"),
    closeReason: key("close_reason", { length: 16 }).$type<CloseReason>(),
    closedAt: instant("closed_at"),
    paidAt: instant("paid_at"),
    /** The out_trade_no whose money was applied; null for an order that cost nothing. */
    paidBy: key("paid_by", { length: 32 }),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("orders_request_key").on(t.requestKey),
    index("orders_user").on(t.userId, t.id),
    // How many a buyer has open, without going through all that they ever ordered.
    index("orders_open").on(t.userId, t.state),
    // With what the figures ask of open orders.
    index("orders_next_check").on(t.nextCheckAt, t.state, t.expiresAt, t.lineCount),
    index("orders_ended").on(t.closeReason, t.closedAt),
    check("orders_state", sql`state in ('DRAFT','PENDING','PAID','CLOSED')`),
    check("orders_amounts", sql`amount >= 0 and total_amount >= amount and points_to_use >= 0 and line_count >= 0`),
    check("orders_refunds", sql`refunding >= 0 and refunded >= 0 and refunding + refunded <= amount`),
    check(
      "orders_points",
      sql`points_returning >= 0 and points_returned >= 0 and points_returning + points_returned <= points_to_use`,
    ),
  ],
);

/** A line of an order: one per SKU, priced when the order was made. */
export const orderItems = mysqlTable(
  "order_items",
  {
    orderId: key("order_id", { length: 26 }).notNull(),
    sku: key("sku", { length: 64 }).notNull(),
    title: varchar("title", { length: 256 }).notNull(),
    unitPrice: fenColumn("unit_price").notNull(),
    quantity: int("quantity").notNull(),
    returningQuantity: int("returning_quantity").notNull(),
    returnedQuantity: int("returned_quantity").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.sku] }),
    check("order_items_quantity", sql`quantity > 0 and unit_price >= 0`),
    check(
      "order_items_returns",
      sql`returning_quantity >= 0 and returned_quantity >= 0 and returning_quantity + returned_quantity <= quantity`,
    ),
  ],
);
