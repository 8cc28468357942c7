import { sql } from "drizzle-orm";
import { boolean, check, index, mysqlTable, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { FreezeChannel, OperationKind } from "../../src/providers/pre-authorisation.ts";
import { checkColumns, fenColumn, instant, key, requestColumns, sealedColumn } from "../columns.ts";

/**
 * CREATED → PENDING → FROZEN → FINISHED; what is not frozen yet may become CANCELLING → CLOSED, CLOSED or FAILED. Money
 * that was frozen all the same brings CLOSED and FAILED back to FROZEN.
 */
export const AUTHORISATION_STATES = [
  "CREATED",
  "PENDING",
  "FROZEN",
  "CANCELLING",
  "FINISHED",
  "CLOSED",
  "FAILED",
] as const;
export type AuthorisationState = (typeof AUTHORISATION_STATES)[number];

/** A buyer's frozen money, known to the provider by `out_order_no`. `request` is the exact text sent. */
export const preAuthorisations = mysqlTable(
  "pre_authorisations",
  {
    outOrderNo: key("out_order_no", { length: 32 }).primaryKey(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    channel: key("channel", { length: 8 }).$type<FreezeChannel>().notNull(),
    state: key("state", { length: 10 }).$type<AuthorisationState>().notNull(),
    title: varchar("title", { length: 100 }).notNull(),
    amount: fenColumn("amount").notNull(),
    /** What captures and releases take of it, on their way or done. */
    reserved: fenColumn("reserved").notNull(),
    captured: fenColumn("captured").notNull(),
    released: fenColumn("released").notNull(),
    request: sealedColumn("request").notNull(),
    /** What the buyer confirms with, as JSON. */
    credential: sealedColumn("credential"),
    authNo: key("auth_no", { length: 64 }),
    failureCode: key("failure_code", { length: 64 }),
    requestedBy: key("requested_by", { length: 64 }).notNull(),
    ...requestColumns(),
    createdAt: instant("created_at").notNull(),
    /** Until when the buyer may confirm. */
    expiresAt: instant("expires_at").notNull(),
    frozenAt: instant("frozen_at"),
    finishedAt: instant("finished_at"),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("pre_authorisations_request_key").on(t.requestKey),
    index("pre_authorisations_state").on(t.state, t.outOrderNo),
    index("pre_authorisations_next_check").on(t.nextCheckAt),
    check(
      "pre_authorisations_state_known",
      sql`state in ('CREATED','PENDING','FROZEN','CANCELLING','FINISHED','CLOSED','FAILED')`,
    ),
    check("pre_authorisations_amount", sql`amount > 0`),
    check(
      "pre_authorisations_sums",
      sql`captured >= 0 and released >= 0 and captured + released <= reserved and reserved <= amount`,
    ),
  ],
);

/**
 * REQUESTED → CREATED (its money is reserved) → PROCESSING → SUCCESS or FAILED. What the provider has done all the same
 * brings FAILED to SUCCESS.
 */
export const OPERATION_STATES = ["REQUESTED", "CREATED", "PROCESSING", "SUCCESS", "FAILED"] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Captures and releases, each known to the provider by its number. */
export const preAuthorisationOperations = mysqlTable(
  "pre_authorisation_operations",
  {
    number: key("number", { length: 32 }).primaryKey(),
    outOrderNo: key("out_order_no", { length: 32 }).notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    kind: key("kind", { length: 8 }).$type<OperationKind>().notNull(),
    state: key("state", { length: 10 }).$type<OperationState>().notNull(),
    /** What it takes, and what it lets go: a final capture does both. */
    captures: fenColumn("captures").notNull(),
    releases: fenColumn("releases").notNull(),
    final: boolean("final").notNull(),
    request: sealedColumn("request").notNull(),
    providerNo: key("provider_no", { length: 64 }),
    failureCode: key("failure_code", { length: 64 }),
    requestedBy: key("requested_by", { length: 64 }).notNull(),
    ...requestColumns(),
    createdAt: instant("created_at").notNull(),
    finishedAt: instant("finished_at"),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("pre_authorisation_operations_request_key").on(t.requestKey),
    index("pre_authorisation_operations_of").on(t.outOrderNo),
    index("pre_authorisation_operations_next_check").on(t.nextCheckAt),
    index("pre_authorisation_operations_finished").on(t.provider, t.finishedAt),
    check(
      "pre_authorisation_operations_state_known",
      sql`state in ('REQUESTED','CREATED','PROCESSING','SUCCESS','FAILED')`,
    ),
    check("pre_authorisation_operations_amounts", sql`captures >= 0 and releases >= 0 and captures + releases > 0`),
  ],
);
