/** What happened, for people: events, operators' actions, calls to providers. Nothing is decided by these. */
import { bigint, index, int, mysqlTable, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import type { Role } from "../../src/payments/context.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import { instant, key } from "../columns.ts";

export const EVENT_KINDS = [
  "payment.late_received",
  "payment.second_received",
  "payment.wrong_amount",
  "payment.gone_back",
  "payment.held",
  "payment.applied_late",
  "payment.refunded",
  "payment.written_off",
  "refund.external",
  "refund.retried",
  "points.debt",
  "points.expired",
  "stock.low",
  "stock.shortage",
  "books.reconciled",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What the shop may want to act upon. One row for each kind and subject. */
export const events = mysqlTable(
  "events",
  {
    id: key("id", { length: 26 }).primaryKey(),
    kind: key("kind", { length: 32 }).$type<EventKind>().notNull(),
    /** What makes two of a kind the same, so that who writes it again does nothing. */
    subjectKey: key("subject_key", { length: 160 }).notNull(),
    orderId: key("order_id", { length: 26 }),
    /** Facts as JSON, amounts in yuan. No personal data. */
    detail: text("detail").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("events_subject").on(t.subjectKey),
    index("events_order").on(t.orderId),
    index("events_time").on(t.createdAt),
  ],
);

/**
 * What an operator did, with what it changed. Rows are added, never changed. Each carries a digest over itself and over the
 * row before it; see db/statements/action-chain.ts.
 */
export const operatorActions = mysqlTable(
  "operator_actions",
  {
    id: key("id", { length: 26 }).primaryKey(),
    at: instant("at").notNull(),
    actor: key("actor", { length: 64 }).notNull(),
    role: key("role", { length: 8 }).$type<Role>().notNull(),
    /** Such as `payments.write_off`. */
    action: key("action", { length: 48 }).notNull(),
    /** What it is about: an out_trade_no, a refund, a SKU, a user. */
    subject: key("subject", { length: 64 }).notNull(),
    orderId: key("order_id", { length: 26 }),
    reason: varchar("reason", { length: 256 }).notNull(),
    /** As JSON. */
    before: text("before").notNull(),
    after: text("after").notNull(),
    requestId: key("request_id", { length: 64 }),
    /** Its place in the chain, from 1. Null only in rows from before there was a chain, until the next action joins them to it. */
    seq: bigint("seq", { mode: "number" }),
    /** The digest of the row before; of the first row, what every chain begins with. */
    previousHash: key("previous_hash", { length: 66 }),
    hash: key("hash", { length: 66 }),
  },
  (t) => [
    index("operator_actions_order").on(t.orderId),
    index("operator_actions_subject").on(t.subject),
    uniqueIndex("operator_actions_seq").on(t.seq),
  ],
);

/** `silent`: no answer. `unclear`: one from which nothing follows. `error`: the provider said no, or not now. */
export const CALL_OUTCOMES = ["ok", "error", "unclear", "silent"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** A call to a provider as it was sent and answered, without what is secret or personal. */
export const providerCalls = mysqlTable(
  "provider_calls",
  {
    id: key("id", { length: 26 }).primaryKey(),
    sentAt: instant("sent_at").notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    /** Such as `query` or `refund`. */
    operation: key("operation", { length: 32 }).notNull(),
    /** The number that it is about: out_trade_no, out_refund_no, out_bill_no, out_order_no. */
    number: key("number", { length: 64 }).notNull(),
    /** The out_trade_no that the number belongs to, where there is one. */
    outTradeNo: key("out_trade_no", { length: 64 }),
    /** HTTP status; null when there was no answer. */
    status: int("status"),
    outcome: key("outcome", { length: 8 }).$type<CallOutcome>().notNull().default("ok"),
    /** The provider's own code, where it gave one. */
    code: key("code", { length: 64 }),
    request: text("request").notNull(),
    response: text("response"),
    durationMs: bigint("duration_ms", { mode: "number" }).notNull(),
    requestId: key("request_id", { length: 64 }),
  },
  (t) => [
    index("provider_calls_trade").on(t.outTradeNo),
    index("provider_calls_time").on(t.sentAt, t.provider, t.operation, t.outcome, t.durationMs),
  ],
);
