/** Providers' bills, and where they differ from the books. */
import { sql } from "drizzle-orm";
import { bigint, check, index, int, mysqlTable, primaryKey, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import type { BillEntryKind, BillEntryStatus } from "../../src/providers/bill.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import { checkColumns, fenColumn, instant, key } from "../columns.ts";

const billKey = () => ({
  provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
  /** A day in Beijing, `YYYY-MM-DD`. */
  billDate: key("bill_date", { length: 10 }).notNull(),
});

/**
 * WAITING for the bill → LOADING → COMPARING with the books → COMPARED, differences being looked into → DONE. A bill that
 * never came is UNAVAILABLE. An operator may begin again from any of the last three.
 */
export const BILL_DAY_STATES = ["WAITING", "LOADING", "COMPARING", "COMPARED", "DONE", "UNAVAILABLE"] as const;
export type BillDayState = (typeof BILL_DAY_STATES)[number];

/** How far the reconciliation of a provider and a day is. */
export const billDays = mysqlTable(
  "bill_days",
  {
    ...billKey(),
    state: key("state", { length: 11 }).$type<BillDayState>().notNull(),
    /** How often loading has begun. Each time has a number, so that what an interrupted one left behind counts for nothing. */
    loads: int("loads").notNull(),
    /** Which of them brought the whole bill, and which one did before it; 0 for none. */
    loadNo: int("load_no").notNull(),
    previousLoadNo: int("previous_load_no").notNull(),
    entryCount: int("entry_count").notNull(),
    /** How far the comparison is, as JSON; null at its beginning. */
    position: varchar("position", { length: 512 }),
    /** How many steps the comparison has taken. */
    steps: int("steps").notNull(),
    waitingSince: instant("waiting_since").notNull(),
    doneAt: instant("done_at"),
    ...checkColumns(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.billDate] }),
    index("bill_days_next_check").on(t.nextCheckAt),
    index("bill_days_state").on(t.state, t.provider, t.billDate),
    check("bill_days_state", sql`state in ('WAITING','LOADING','COMPARING','COMPARED','DONE','UNAVAILABLE')`),
  ],
);

/**
 * Lines of bills. The key's order is the one in which they are compared. Some providers' refund numbers are unique only
 * within a payment, so the provider's number is a part of the key; and so is the line's place in the bill, as nothing keeps
 * a provider from listing a number twice.
 */
export const billEntries = mysqlTable(
  "bill_entries",
  {
    ...billKey(),
    loadNo: int("load_no").notNull(),
    kind: key("kind", { length: 7 }).$type<BillEntryKind>().notNull(),
    number: key("number", { length: 64 }).notNull(),
    providerNo: key("provider_no", { length: 64 }).notNull(),
    /** Counted from 1. */
    line: int("line").notNull(),
    outTradeNo: key("out_trade_no", { length: 64 }).notNull(),
    amount: fenColumn("amount").notNull(),
    /** What the provider keeps; negative when it gives some back. */
    fee: bigint("fee", { mode: "number" }),
    status: key("status", { length: 10 }).$type<BillEntryStatus>().notNull(),
    at: instant("at").notNull(),
  },
  (t) => [
    primaryKey({
      name: "bill_entries_pk",
      columns: [t.provider, t.billDate, t.loadNo, t.kind, t.number, t.providerNo, t.line],
    }),
    // Whichever day's bill lists a payment or a refund.
    index("bill_entries_number").on(t.provider, t.kind, t.number),
  ],
);

export const DIFFERENCES = [
  "MISSING_HERE",
  "MISSING_THERE",
  "AMOUNT_DIFFERS",
  "FEE_DIFFERS",
  "STATUS_DIFFERS",
] as const;
export type Difference = (typeof DIFFERENCES)[number];

/**
 * OPEN: to be looked into. PARKED: until the bill of another day has come. HEALED: books and bill agree by now. REPORTED:
 * an anomaly. UNJUDGED: the bill of the day that might list it is not to be had.
 */
export const DIFFERENCE_STATES = ["OPEN", "PARKED", "HEALED", "REPORTED", "UNJUDGED"] as const;
export type DifferenceState = (typeof DIFFERENCE_STATES)[number];

/** Where a bill and the books differ. One row for each difference of a payment or refund in one day. */
export const billDifferences = mysqlTable(
  "bill_differences",
  {
    id: key("id", { length: 26 }).primaryKey(),
    ...billKey(),
    kind: key("kind", { length: 7 }).$type<BillEntryKind>().notNull(),
    number: key("number", { length: 64 }).notNull(),
    /** Empty where the bill does not list it. */
    providerNo: key("provider_no", { length: 64 }).notNull(),
    difference: key("difference", { length: 14 }).$type<Difference>().notNull(),
    state: key("state", { length: 8 }).$type<DifferenceState>().notNull(),
    outTradeNo: key("out_trade_no", { length: 64 }).notNull(),
    /** What the bill and the books said when it was found, as JSON; amounts in yuan. */
    detail: text("detail").notNull(),
    createdAt: instant("created_at").notNull(),
    reportedAt: instant("reported_at"),
    settledAt: instant("settled_at"),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("bill_differences_subject").on(t.provider, t.billDate, t.kind, t.number, t.providerNo, t.difference),
    index("bill_differences_state").on(t.provider, t.billDate, t.state),
    index("bill_differences_next_check").on(t.nextCheckAt),
    check("bill_differences_state_known", sql`state in ('OPEN','PARKED','HEALED','REPORTED','UNJUDGED')`),
  ],
);
