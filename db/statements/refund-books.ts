/** Refunds as statements over all the books that they move: transaction, order, lines, points, pieces. */
import { and, eq, gte, inArray, isNotNull, isNull, lt, lte, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Fen } from "../../src/money.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orderItems, orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsAccounts, pointsLogs } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";

const back = alias(pointsLogs, "back");

/** The refund's own books, locked in this order: refund, attempt, order, points entry, return entries by SKU. */
const refundBooks = sql`
  inner join ${attempts} on ${eq(attempts.outTradeNo, refunds.outTradeNo)}
  left join ${orders} on ${and(eq(orders.id, refunds.orderId), eq(refunds.applied, true))}
  left join ${pointsLogs} as ${back}
    on ${and(eq(back.userId, refunds.userId), eq(back.kind, "REFUND"), eq(back.causeId, refunds.id), eq(back.state, "PENDING"))}`;

const returnEntries = sql`
  left join ${inventoryLogs}
    on ${and(eq(inventoryLogs.orderId, refunds.orderId), eq(inventoryLogs.kind, "RETURN"), eq(inventoryLogs.causeId, refunds.id), eq(inventoryLogs.state, "PENDING"))}
  left join ${orderItems} on ${and(eq(orderItems.orderId, inventoryLogs.orderId), eq(orderItems.sku, inventoryLogs.sku))}`;

/** The entries of what comes back are there: pieces on every line, points where points were paid. */
const entriesPresent: SQL | undefined = and(
  or(eq(refunds.lineCount, 0), isNotNull(orderItems.sku)),
  or(and(eq(refunds.points, 0), ne(refunds.provider, "points")), isNotNull(back.userId)),
);

/** What a provider asks of the refunds of one payment, as of now. Null where it asks nothing. */
export interface ReservationRules {
  /** Fewer parts than this must be taken. */
  readonly parts: number | null;
  /** The refund before must not be later than this. */
  readonly lastRefundUntil: Date | null;
  /** The payment must not be earlier than this. */
  readonly paidSince: Date | null;
}

/** Who decides, and when. */
export interface RefundDecision {
  readonly decidedBy: string;
  readonly now: Date;
  readonly nextCheckAt: Date;
}

/**
 * REQUESTED → CREATED: reserves the money, and one part, on its transaction and, when it had been applied, on the order
 * and the lines whose pieces come back. Returns rows matched; 0 means that it is decided already, that the money is not
 * there, or that the provider's rules forbid it now. Throws CheckRefused when order or lines don't have that much left;
 * then nothing has changed.
 */
export function reserveRefund(
  db: Database,
  refundId: string,
  { decidedBy, now, nextCheckAt }: RefundDecision,
  rules: ReservationRules,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CREATED', ${refunds.decidedBy} = ${decidedBy}, ${refunds.decidedAt} = ${now},
          ${refunds.nextCheckAt} = ${nextCheckAt},
          ${attempts.refunding} = ${attempts.refunding} + ${refunds.amount},
          ${attempts.refundParts} = ${attempts.refundParts} + 1, ${attempts.lastRefundAt} = ${now},
          ${orders.refunding} = ${orders.refunding} + ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} + ${refunds.points},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} + ${inventoryLogs.quantity}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.state, "REQUESTED"),
        eq(attempts.state, "SUCCESS"),
        sql`${attempts.refunded} + ${attempts.refunding} + ${refunds.amount} <= ${attempts.received}`,
        rules.parts === null ? undefined : lt(attempts.refundParts, rules.parts),
        rules.lastRefundUntil === null
          ? undefined
          : or(isNull(attempts.lastRefundAt), lte(attempts.lastRefundAt, rules.lastRefundUntil)),
        rules.paidSince === null ? undefined : gte(attempts.paidAt, rules.paidSince),
        entriesPresent,
      )}`,
  );
}

/** What a provider says of a refund that has succeeded. */
export interface RefundDone {
  readonly provider: ProviderName;
  /** The transaction it belongs to, where the provider says it: it must be the refund's. */
  readonly outTradeNo?: string;
  readonly providerRefundNo: string | null;
  /** In fen, where the provider says it: it must be the refund's. */
  readonly amount: Fen | null;
  readonly succeededAt: Date;
}

/**
 * CREATED, PROCESSING, ABNORMAL → SUCCESS: the money has gone back. Moves it from refunding to refunded on the
 * transaction and the order, gives points back, and puts the returned pieces on the shelf. Returns rows matched.
 */
export function applyRefund(db: Database, refundId: string, done: RefundDone, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks}
      left join ${pointsAccounts} on ${and(eq(pointsAccounts.userId, refunds.userId), isNotNull(back.userId))}
      ${returnEntries}
      left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${refunds.state} = 'SUCCESS', ${refunds.succeededAt} = ${done.succeededAt}, ${refunds.nextCheckAt} = null,
          ${refunds.providerRefundNo} = coalesce(${done.providerRefundNo}, ${refunds.providerRefundNo}),
          ${attempts.refunding} = ${attempts.refunding} - ${refunds.amount},
          ${attempts.refunded} = ${attempts.refunded} + ${refunds.amount},
          ${orders.refunding} = ${orders.refunding} - ${refunds.amount},
          ${orders.refunded} = ${orders.refunded} + ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} - ${refunds.points},
          ${orders.pointsReturned} = ${orders.pointsReturned} + ${refunds.points},
          ${back.state} = 'POSTED', ${back.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} + ${back.points},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} - ${inventoryLogs.quantity},
          ${orderItems.returnedQuantity} = ${orderItems.returnedQuantity} + ${inventoryLogs.quantity},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} + ${inventoryLogs.quantity}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.provider, done.provider),
        done.outTradeNo === undefined ? undefined : eq(refunds.outTradeNo, done.outTradeNo),
        done.amount === null ? undefined : eq(refunds.amount, done.amount),
        inArray(refunds.state, ["CREATED", "PROCESSING", "ABNORMAL"]),
        entriesPresent,
        or(isNull(back.userId), isNotNull(pointsAccounts.userId)),
      )}`,
  );
}

/**
 * CREATED, PROCESSING, ABNORMAL → CLOSED: the provider definitely gives nothing back under this number. Frees what
 * was reserved on transaction, order and lines, the part too, and voids the refund's entries. Returns rows matched.
 */
export function releaseRefund(db: Database, refundId: string, failureCode: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CLOSED', ${refunds.failureCode} = ${failureCode.slice(0, 64)}, ${refunds.nextCheckAt} = null,
          ${attempts.refunding} = ${attempts.refunding} - ${refunds.amount},
          ${attempts.refundParts} = greatest(${attempts.refundParts} - 1, 0),
          ${orders.refunding} = ${orders.refunding} - ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} - ${refunds.points},
          ${back.state} = 'VOIDED', ${back.postedAt} = ${now},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} - ${inventoryLogs.quantity}
      where ${and(eq(refunds.id, refundId), inArray(refunds.state, ["CREATED", "PROCESSING", "ABNORMAL"]), entriesPresent)}`,
  );
}

/**
 * CLOSED → SUCCESS: the provider did give the money back after all, though the books had freed it. Counts it as
 * refunded, so that the ceiling knows; pieces and points stay as they are. Throws CheckRefused when there is no room.
 */
export function applyClosedRefund(db: Database, refundId: string, done: RefundDone): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks}
      set ${refunds.state} = 'SUCCESS', ${refunds.succeededAt} = ${done.succeededAt}, ${refunds.nextCheckAt} = null,
          ${refunds.providerRefundNo} = coalesce(${done.providerRefundNo}, ${refunds.providerRefundNo}),
          ${attempts.refunded} = ${attempts.refunded} + ${refunds.amount},
          ${attempts.refundParts} = ${attempts.refundParts} + 1,
          ${orders.refunded} = ${orders.refunded} + ${refunds.amount}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.provider, done.provider),
        done.outTradeNo === undefined ? undefined : eq(refunds.outTradeNo, done.outTradeNo),
        eq(refunds.state, "CLOSED"),
        done.amount === null ? undefined : eq(refunds.amount, done.amount),
      )}`,
  );
}

/** REQUESTED → CLOSED: declined, or impossible. Nothing had been reserved; the entries are voided. */
export function declineRefund(
  db: Database,
  refundId: string,
  decision: { readonly decidedBy: string; readonly failureCode: string },
  now: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CLOSED', ${refunds.failureCode} = ${decision.failureCode.slice(0, 64)},
          ${refunds.decidedBy} = ${decision.decidedBy}, ${refunds.decidedAt} = ${now}, ${refunds.nextCheckAt} = null,
          ${back.state} = 'VOIDED', ${back.postedAt} = ${now},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now}
      where ${and(eq(refunds.id, refundId), eq(refunds.state, "REQUESTED"))}`,
  );
}
