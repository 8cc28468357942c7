/** What the figures that the shop watches are made of, beside the books themselves. Nothing is decided by these. */
import { bigint, boolean, index, int, mysqlTable, primaryKey } from "drizzle-orm/mysql-core";
import type { PaymentMethod, ProviderName } from "../../src/providers/methods.ts";
import { instant, key } from "../columns.ts";

/** `refused`: the provider said no. `failed`: it said nothing, or nothing of use, or something is wrong here. */
export const SERVED_OUTCOMES = ["ok", "refused", "failed"] as const;
export type ServedOutcome = (typeof SERVED_OUTCOMES)[number];

/** How long callers waited for a payment to be created. Written after the answer. */
export const servedOperations = mysqlTable(
  "served_operations",
  {
    id: key("id", { length: 26 }).primaryKey(),
    /** When it was answered. */
    at: instant("at").notNull(),
    /** Such as `payments.create`. */
    operation: key("operation", { length: 32 }).notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    method: key("method", { length: 24 }).$type<PaymentMethod>().notNull(),
    outcome: key("outcome", { length: 8 }).$type<ServedOutcome>().notNull(),
    durationMs: bigint("duration_ms", { mode: "number" }).notNull(),
  },
  (t) => [index("served_operations_time").on(t.at, t.operation, t.provider, t.method, t.outcome, t.durationMs)],
);

/**
 * Counters up to a moment: `n` things of a series from its beginning to `at`, which is not included. All rows of one `at`
 * are written by one statement, from those of the moment before and what happened in between; they never change.
 */
export const figureTotals = mysqlTable(
  "figure_totals",
  {
    at: instant("at").notNull(),
    figure: key("figure", { length: 16 }).notNull(),
    provider: key("provider", { length: 8 }).notNull(),
    /** A method or an operation; empty where the figure has none. */
    name: key("name", { length: 32 }).notNull(),
    outcome: key("outcome", { length: 16 }).notNull(),
    /** Which stretch of a histogram, from 0 on; 0 where the figure only counts. */
    bucket: int("bucket").notNull(),
    n: bigint("n", { mode: "number" }).notNull(),
    sumMs: bigint("sum_ms", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ name: "figure_totals_pk", columns: [t.at, t.figure, t.provider, t.name, t.outcome, t.bucket] })],
);

/** The last run of each job. `succeeded_at`: when the last one ended that had no failure. */
export const jobRuns = mysqlTable("job_runs", {
  name: key("name", { length: 32 }).primaryKey(),
  startedAt: instant("started_at").notNull(),
  finishedAt: instant("finished_at").notNull(),
  ok: boolean("ok").notNull(),
  succeededAt: instant("succeeded_at"),
});

/** A walk over all shelves that compares each with its journal. One begins in an hour at the most. */
export const stockPasses = mysqlTable(
  "stock_passes",
  {
    startedAt: instant("started_at").primaryKey(),
    /** The last SKU that was looked at; empty at the beginning. */
    afterSku: key("after_sku", { length: 64 }).notNull(),
    looked: int("looked").notNull(),
    /** SKUs whose journals could not be summed up in time. */
    unlooked: int("unlooked").notNull(),
    finishedAt: instant("finished_at"),
  },
  (t) => [index("stock_passes_finished").on(t.finishedAt)],
);

/** Shelves that were not what their journals add up to when they were last looked at. */
export const stockDifferences = mysqlTable(
  "stock_differences",
  {
    sku: key("sku", { length: 64 }).primaryKey(),
    onHand: int("on_hand").notNull(),
    journalOnHand: int("journal_on_hand").notNull(),
    reserved: int("reserved").notNull(),
    journalReserved: int("journal_reserved").notNull(),
    since: instant("since").notNull(),
  },
  (t) => [index("stock_differences_since").on(t.since)],
);
