import { sql } from "drizzle-orm";
import { boolean, check, index, int, mysqlTable, text, uniqueIndex } from "drizzle-orm/mysql-core";
import type { PaymentMethod, ProviderName } from "../../src/providers/methods.ts";
import { checkColumns, fenColumn, instant, key, pointsColumn, requestColumns, sealedColumn } from "../columns.ts";

/** CREATED → PENDING → CLOSING → CLOSED; FAILED on a definite refusal only; SUCCESS from any of these. */
export const ATTEMPT_STATES = ["CREATED", "PENDING", "CLOSING", "CLOSED", "FAILED", "SUCCESS"] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** Whether the money of a successful attempt paid its order, is held beside it, or was written off by an operator. */
export const DISPOSITIONS = ["APPLIED", "UNAPPLIED", "WRITTEN_OFF"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** Why money could not be applied: the order was closed, already paid, of another amount, short of stock, or the money has gone back. */
export const UNAPPLIED_REASONS = ["LATE", "SECOND", "WRONG_AMOUNT", "BOOKS_REFUSED", "GONE_BACK"] as const;
export type UnappliedReason = (typeof UNAPPLIED_REASONS)[number];

/**
 * What happens to unapplied money: it is refunded by itself, opens its order again where stock allows and is refunded
 * where it does not, waits for an operator, or is applied on an operator's word and waits for another where it can't be.
 */
export const UNAPPLIED_POLICIES = ["REFUND", "REVIVE", "HOLD", "APPLY"] as const;
export type UnappliedPolicy = (typeof UNAPPLIED_POLICIES)[number];

/**
 * One try to pay an order, and the receipt for its money. `request` is the exact text sent to the provider.
 * At most one attempt per order and method is open: `open_method` is null for all others.
 */
export const paymentTransactions = mysqlTable(
  "payment_transactions",
  {
    outTradeNo: key("out_trade_no", { length: 32 }).primaryKey(),
    orderId: key("order_id", { length: 26 }).notNull(),
    userId: key("user_id", { length: 64 }).notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    method: key("method", { length: 24 }).$type<PaymentMethod>().notNull(),
    state: key("state", { length: 8 }).$type<AttemptState>().notNull(),
    amount: fenColumn("amount").notNull(),
    request: sealedColumn("request").notNull(),
    ...requestColumns(),
    credential: sealedColumn("credential"),
    credentialExpiresAt: instant("credential_expires_at"),
    expiresAt: instant("expires_at").notNull(),
    failureCode: key("failure_code", { length: 64 }),
    disposition: key("disposition", { length: 11 }).$type<Disposition>(),
    unappliedReason: key("unapplied_reason", { length: 16 }).$type<UnappliedReason>(),
    policy: key("policy", { length: 8 }).$type<UnappliedPolicy>(),
    providerTradeNo: key("provider_trade_no", { length: 64 }),
    received: fenColumn("received").notNull(),
    refunding: fenColumn("refunding").notNull(),
    refunded: fenColumn("refunded").notNull(),
    /** How many refunds have been reserved and not released, and when the last one was. */
    refundParts: int("refund_parts").notNull().default(0),
    lastRefundAt: instant("last_refund_at"),
    /** The combined payment that this attempt is a part of. */
    combineOutTradeNo: key("combine_out_trade_no", { length: 32 }),
    createdAt: instant("created_at").notNull(),
    paidAt: instant("paid_at"),
    /** When its money came into the books, which may be long after it was paid. */
    bookedAt: instant("booked_at"),
    closedAt: instant("closed_at"),
    ...checkColumns(),
    openMethod: key("open_method", { length: 24 }).generatedAlwaysAs(
      sql`(case when state in ('CREATED','PENDING') then method else null end)`,
      { mode: "stored" },
    ),
  },
  (t) => [
    uniqueIndex("payment_transactions_open").on(t.orderId, t.openMethod),
    uniqueIndex("payment_transactions_request_key").on(t.requestKey),
    // With what the figures ask of open attempts.
    index("payment_transactions_next_check").on(t.nextCheckAt, t.state, t.createdAt, t.expiresAt),
    index("payment_transactions_combined").on(t.combineOutTradeNo),
    // What was paid on one day, for reconciliation.
    index("payment_transactions_paid").on(t.provider, t.paidAt),
    // How attempts ended, minute by minute: all that the figures ask of them.
    index("payment_transactions_booked").on(
      t.bookedAt,
      t.disposition,
      t.provider,
      t.method,
      t.unappliedReason,
      t.paidAt,
      t.orderId,
    ),
    index("payment_transactions_closed").on(t.closedAt, t.state, t.provider, t.method, t.failureCode),
    // What stands beside its order. All other rows have no policy.
    index("payment_transactions_policy").on(t.policy, t.outTradeNo),
    check("payment_transactions_state", sql`state in ('CREATED','PENDING','CLOSING','CLOSED','FAILED','SUCCESS')`),
    check("payment_transactions_amounts", sql`amount > 0 and received >= 0 and refunding >= 0 and refunded >= 0`),
    check("payment_transactions_ceiling", sql`refunding + refunded <= received`),
    check("payment_transactions_disposition", sql`(state = 'SUCCESS') = (disposition is not null)`),
  ],
);

/**
 * One payment for several orders. Each order has its own row in payment_transactions, which names this one and is settled
 * by itself; here stands what they share. `request` is the exact text sent to the provider.
 */
export const combinedPayments = mysqlTable(
  "combined_payments",
  {
    combineOutTradeNo: key("combine_out_trade_no", { length: 32 }).primaryKey(),
    userId: key("user_id", { length: 64 }).notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    method: key("method", { length: 24 }).$type<PaymentMethod>().notNull(),
    request: sealedColumn("request").notNull(),
    ...requestColumns(),
    credential: sealedColumn("credential"),
    credentialExpiresAt: instant("credential_expires_at"),
    expiresAt: instant("expires_at").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [uniqueIndex("combined_payments_request_key").on(t.requestKey)],
);

/** REQUESTED → CREATED → PROCESSING → SUCCESS | CLOSED | ABNORMAL; ABNORMAL may still become SUCCESS or CLOSED. */
export const REFUND_STATES = ["REQUESTED", "CREATED", "PROCESSING", "SUCCESS", "CLOSED", "ABNORMAL"] as const;
export type RefundRecordState = (typeof REFUND_STATES)[number];

/** Who wanted a refund. EXTERNAL ones were made in the provider's console and stand outside our ceiling. */
export const REFUND_ORIGINS = ["CUSTOMER", "OPERATOR", "SERVICE", "AUTOMATIC", "EXTERNAL"] as const;
export type RefundOrigin = (typeof REFUND_ORIGINS)[number];

/**
 * Money going back from one transaction. `applied` says whether that money had paid the order: only then do the
 * order's sums, its lines and its points take part. `items` is the request's list of lines, as JSON. One that gives back
 * points alone has no amount and is a refund by `points`; of an order without a transaction it carries the order's id as
 * its `out_trade_no`.
 */
export const refundRecords = mysqlTable(
  "refund_records",
  {
    id: key("id", { length: 64 }).primaryKey(),
    orderId: key("order_id", { length: 26 }).notNull(),
    userId: key("user_id", { length: 64 }).notNull(),
    outTradeNo: key("out_trade_no", { length: 32 }).notNull(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    outRefundNo: key("out_refund_no", { length: 64 }).notNull(),
    state: key("state", { length: 10 }).$type<RefundRecordState>().notNull(),
    origin: key("origin", { length: 9 }).$type<RefundOrigin>().notNull(),
    applied: boolean("applied").notNull(),
    amount: fenColumn("amount").notNull(),
    points: pointsColumn("points").notNull(),
    reason: sealedColumn("reason").notNull(),
    items: text("items").notNull(),
    lineCount: int("line_count").notNull(),
    request: sealedColumn("request").notNull(),
    providerRefundNo: key("provider_refund_no", { length: 64 }),
    failureCode: key("failure_code", { length: 64 }),
    requestedBy: key("requested_by", { length: 64 }).notNull(),
    decidedBy: key("decided_by", { length: 64 }),
    /** The failed refund that this one tries again. */
    retryOf: key("retry_of", { length: 64 }),
    ...requestColumns(),
    createdAt: instant("created_at").notNull(),
    decidedAt: instant("decided_at"),
    /** Since when it has waited for its turn to be sent; null when it does not. */
    waitingSince: instant("waiting_since"),
    /** When it was last sent to its provider. */
    sentAt: instant("sent_at"),
    succeededAt: instant("succeeded_at"),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("refund_records_number").on(t.provider, t.outRefundNo),
    uniqueIndex("refund_records_request_key").on(t.requestKey),
    uniqueIndex("refund_records_retry").on(t.retryOf),
    index("refund_records_order").on(t.orderId),
    index("refund_records_state").on(t.state, t.id),
    index("refund_records_next_check").on(t.nextCheckAt),
    index("refund_records_succeeded").on(t.provider, t.succeededAt),
    check(
      "refund_records_state_known",
      sql`state in ('REQUESTED','CREATED','PROCESSING','SUCCESS','CLOSED','ABNORMAL')`,
    ),
    check("refund_records_amount", sql`amount >= 0 and points >= 0 and amount + points > 0 and line_count >= 0`),
  ],
);
