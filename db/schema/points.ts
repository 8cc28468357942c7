import { sql } from "drizzle-orm";
import { check, index, mysqlTable, primaryKey, varchar } from "drizzle-orm/mysql-core";
import { instant, key, pointsColumn } from "../columns.ts";
import type { EntryState } from "./stock.ts";

/**
 * What a points entry is for: HOLD takes the points an order uses beside money (cause: the order), PAY those of a
 * payment by points (cause: the attempt), REFUND gives points back (cause: the refund), GRANT is an operator's.
 */
export const POINTS_KINDS = ["HOLD", "PAY", "REFUND", "GRANT"] as const;
export type PointsKind = (typeof POINTS_KINDS)[number];

/** A user's points: `held` of the `balance` are promised to open orders. */
export const pointsAccounts = mysqlTable(
  "points_accounts",
  {
    userId: key("user_id", { length: 64 }).primaryKey(),
    balance: pointsColumn("balance").notNull(),
    held: pointsColumn("held").notNull(),
  },
  () => [check("points_accounts_counts", sql`balance >= 0 and held >= 0 and held <= balance`)],
);

/** The points journal, of the same two-phase shape as the stock journal. HOLD and PAY take, REFUND and GRANT give. */
export const pointsLogs = mysqlTable(
  "points_logs",
  {
    userId: key("user_id", { length: 64 }).notNull(),
    kind: key("kind", { length: 8 }).$type<PointsKind>().notNull(),
    causeId: key("cause_id", { length: 64 }).notNull(),
    orderId: key("order_id", { length: 26 }),
    points: pointsColumn("points").notNull(),
    state: key("state", { length: 8 }).$type<EntryState>().notNull(),
    reason: varchar("reason", { length: 256 }),
    createdBy: key("created_by", { length: 64 }),
    createdAt: instant("created_at").notNull(),
    postedAt: instant("posted_at"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.kind, t.causeId] }),
    index("points_logs_time").on(t.userId, t.createdAt),
    check("points_logs_state", sql`state in ('PENDING','POSTED','VOIDED')`),
    check("points_logs_points", sql`points > 0`),
  ],
);
