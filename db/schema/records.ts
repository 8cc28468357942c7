import { sql } from "drizzle-orm";
import { check, index, int, mysqlTable, primaryKey, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import type { ProviderName } from "../../src/providers/methods.ts";
import { instant, key } from "../columns.ts";

/** How a verified callback was dealt with. */
export const NOTIFICATION_OUTCOMES = ["APPLIED", "REPEATED", "ANOMALY", "IGNORED", "FAILED"] as const;
export type NotificationOutcome = (typeof NOTIFICATION_OUTCOMES)[number];

/** Verified callbacks, as a record that decides nothing: a repeated one runs settlement again, which is harmless. */
export const notifications = mysqlTable(
  "notifications",
  {
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    notifyId: key("notify_id", { length: 128 }).notNull(),
    event: key("event", { length: 64 }).notNull(),
    outTradeNo: key("out_trade_no", { length: 64 }),
    outcome: key("outcome", { length: 8 }).$type<NotificationOutcome>().notNull(),
    deliveries: int("deliveries").notNull(),
    /** When what it tells happened, by the provider's own clock; null where it does not say. */
    eventAt: instant("event_at"),
    receivedAt: instant("received_at").notNull(),
    processingMs: int("processing_ms").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.notifyId] }),
    index("notifications_trade").on(t.outTradeNo),
    index("notifications_time").on(t.receivedAt, t.provider, t.eventAt, t.processingMs),
  ],
);

/** Kinds of what needs a person. */
export const ANOMALY_KINDS = [
  "UNKNOWN_TRADE",
  "UNKNOWN_REFUND",
  "WRONG_AMOUNT",
  "LATE_PAYMENT",
  "SECOND_PAYMENT",
  "MONEY_GONE_BACK",
  "BOOKS_REFUSED",
  "REFUND_AMOUNT_DIFFERS",
  "REFUND_FAILED",
  "REFUND_ABNORMAL",
  "REFUND_RETURNED",
  "REFUND_AFTER_CLOSE",
  "REFUND_IN_DOUBT",
  "PAYMENT_IN_DOUBT",
  "UNKNOWN_TRANSFER",
  "TRANSFER_AMOUNT_DIFFERS",
  "TRANSFER_IN_DOUBT",
  "TRANSFER_RETURNED",
  "UNKNOWN_AUTHORISATION",
  "AUTHORISATION_AMOUNT_DIFFERS",
  "AUTHORISATION_IN_DOUBT",
  "AUTHORISATION_LATE",
  "AUTHORISATION_OPERATION_IN_DOUBT",
  "AUTHORISATION_OPERATION_FAILED",
  "TRANSFER_FAILED",
  "POINTS_SHORT",
  "BILL_UNAVAILABLE",
  "BILL_MISSING_HERE",
  "BILL_MISSING_THERE",
  "BILL_AMOUNT_DIFFERS",
  "BILL_FEE_DIFFERS",
  "BILL_STATUS_DIFFERS",
] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** What an operator might do about an anomaly. */
export const SUGGESTIONS = [
  "QUERY",
  "APPLY",
  "REFUND",
  "RETRY_REFUND",
  "WRITE_OFF",
  "ASK_PROVIDER",
  "CORRECT_STOCK",
] as const;
export type Suggestion = (typeof SUGGESTIONS)[number];

/** What needs a person. The same thing seen again counts up instead of adding a row. */
export const anomalies = mysqlTable(
  "anomalies",
  {
    id: key("id", { length: 26 }).primaryKey(),
    kind: key("kind", { length: 32 }).$type<AnomalyKind>().notNull(),
    /** What makes two sightings the same: the kind and the number it is about. */
    subjectKey: key("subject_key", { length: 160 }).notNull(),
    state: key("state", { length: 8 }).$type<"OPEN" | "RESOLVED">().notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>(),
    orderId: key("order_id", { length: 26 }),
    outTradeNo: key("out_trade_no", { length: 64 }),
    refundId: key("refund_id", { length: 64 }),
    detail: text("detail").notNull(),
    /** What an operator might do about it. */
    suggestion: key("suggestion", { length: 24 }).$type<Suggestion>(),
    seen: int("seen").notNull(),
    createdAt: instant("created_at").notNull(),
    lastSeenAt: instant("last_seen_at").notNull(),
    resolvedAt: instant("resolved_at"),
    resolvedBy: key("resolved_by", { length: 64 }),
    resolution: varchar("resolution", { length: 256 }),
  },
  (t) => [
    uniqueIndex("anomalies_subject").on(t.subjectKey),
    index("anomalies_state").on(t.state, t.id),
    index("anomalies_kind").on(t.state, t.kind, t.createdAt),
    index("anomalies_order").on(t.orderId),
    check("anomalies_state_known", sql`state in ('OPEN','RESOLVED')`),
  ],
);
