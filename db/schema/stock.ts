import { sql } from "drizzle-orm";
import { boolean, check, index, int, mysqlTable, primaryKey, varchar } from "drizzle-orm/mysql-core";
import { fenColumn, instant, key } from "../columns.ts";

/** What a stock entry is for: a sale takes pieces, a return brings them back, an adjustment or a count is an operator's. */
export const STOCK_KINDS = ["SALE", "RETURN", "ADJUST", "COUNT"] as const;
export type StockKind = (typeof STOCK_KINDS)[number];

/**
 * Journal entries are written PENDING, then posted or voided once, and never deleted. Only what is foreseen for opening an
 * order again may be voided and become PENDING anew.
 */
export const ENTRY_STATES = ["PENDING", "POSTED", "VOIDED"] as const;
export type EntryState = (typeof ENTRY_STATES)[number];

/** What is sold, at which price, and how many pieces there are: `reserved` of the `on_hand` belong to open orders. */
export const inventoryItems = mysqlTable(
  "inventory_items",
  {
    sku: key("sku", { length: 64 }).primaryKey(),
    title: varchar("title", { length: 256 }).notNull(),
    price: fenColumn("price").notNull(),
    active: boolean("active").notNull(),
    onHand: int("on_hand").notNull(),
    reserved: int("reserved").notNull(),
    /** Pieces promised though a count did not find them. They make no other pieces free: see activateOrder. */
    shortage: int("shortage").notNull(),
    /** An operator hears of it when no more than this many pieces are free; null for never. */
    lowAt: int("low_at"),
    /** No more than that are free, or fewer are there than are promised. */
    isLow: boolean("is_low").generatedAlwaysAs(
      sql`(on_hand < reserved or (low_at is not null and on_hand - reserved <= low_at))`,
      { mode: "stored" },
    ),
    /** Since when that is known. A count that finds too few pieces forgets it, so that it is told. */
    lowSince: instant("low_since"),
  },
  (t) => [
    index("inventory_items_low").on(t.isLow, t.lowSince),
    index("inventory_items_short").on(t.shortage),
    check("inventory_items_counts", sql`on_hand >= 0 and reserved >= 0 and shortage >= 0`),
    check("inventory_items_reserved", sql`reserved <= on_hand + shortage`),
    check("inventory_items_price", sql`price >= 0`),
  ],
);

/**
 * The stock journal. `cause_id` is the order for a sale, with its generation once it was opened again (`{order}#1`), the
 * refund for a return, its own number for an adjustment; an adjustment has no order and carries "-" there. The key's order
 * is the order in which rows are locked.
 */
export const inventoryLogs = mysqlTable(
  "inventory_logs",
  {
    orderId: key("order_id", { length: 26 }).notNull(),
    kind: key("kind", { length: 8 }).$type<StockKind>().notNull(),
    sku: key("sku", { length: 64 }).notNull(),
    causeId: key("cause_id", { length: 64 }).notNull(),
    quantity: int("quantity").notNull(),
    /** What a count found on the shelf; `quantity` is how much that differs from the books. */
    counted: int("counted"),
    state: key("state", { length: 8 }).$type<EntryState>().notNull(),
    reason: varchar("reason", { length: 256 }),
    createdBy: key("created_by", { length: 64 }),
    createdAt: instant("created_at").notNull(),
    postedAt: instant("posted_at"),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.kind, t.sku, t.causeId] }),
    index("inventory_logs_sku").on(t.sku, t.createdAt),
    check("inventory_logs_state", sql`state in ('PENDING','POSTED','VOIDED')`),
    check("inventory_logs_quantity", sql`quantity > 0 or (kind = 'ADJUST' and quantity <> 0) or kind = 'COUNT'`),
  ],
);
