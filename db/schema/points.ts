import { sql } from "drizzle-orm";
import { check, index, int, mysqlTable, primaryKey, varchar } from "drizzle-orm/mysql-core";
import { farInstant, instant, key, pointsColumn } from "../columns.ts";
import type { EntryState } from "./stock.ts";

/**
 * What a points entry is for: HOLD takes the points an order uses beside money (cause: the order), PAY those of a
 * payment by points (cause: the attempt), REFUND gives points back (cause: the refund), GRANT is an operator's. EARN rewards
 * a payment (cause: the order), CLAWBACK takes that back with a refund (cause: the refund), EXPIRE ends what nobody used.
 */
export const POINTS_KINDS = ["HOLD", "PAY", "REFUND", "GRANT", "EARN", "CLAWBACK", "EXPIRE"] as const;
export type PointsKind = (typeof POINTS_KINDS)[number];

/**
 * A user's points: `held` of the `balance` are promised to open orders. `clawed` were taken back after a refund, perhaps
 * when they had been spent already: `balance - held - clawed` can be used, and below zero it is a debt. `version` counts
 * the changes, so that who has read the journal can tell whether it still holds.
 */
export const pointsAccounts = mysqlTable(
  "points_accounts",
  {
    userId: key("user_id", { length: 64 }).primaryKey(),
    balance: pointsColumn("balance").notNull(),
    held: pointsColumn("held").notNull(),
    clawed: pointsColumn("clawed").notNull().default(0),
    version: int("version").notNull().default(0),
    /** When a job has to look at the account: points end, or were taken back. Null for never. */
    nextCheckAt: farInstant("next_check_at"),
  },
  (t) => [
    index("points_accounts_next_check").on(t.nextCheckAt),
    check("points_accounts_counts", sql`balance >= 0 and held >= 0 and held <= balance and clawed >= 0`),
  ],
);

/**
 * The points journal, of the same two-phase shape as the stock journal. HOLD, PAY and EXPIRE take from the balance, GRANT, EARN
 * and REFUND give; CLAWBACK adds to what was clawed.
 */
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
    /** When points that were given end; null for never. */
    expiresAt: farInstant("expires_at"),
    /** A statement's order: when the entry took effect, or was written as long as it has none. */
    effectiveAt: instant("effective_at").generatedAlwaysAs(
      sql`(case when state = 'POSTED' then posted_at else created_at end)`,
      { mode: "stored" },
    ),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.kind, t.causeId] }),
    index("points_logs_time").on(t.userId, t.effectiveAt),
    check("points_logs_state", sql`state in ('PENDING','POSTED','VOIDED')`),
    check("points_logs_points", sql`points > 0`),
  ],
);
