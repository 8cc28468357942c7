import { and, eq, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { fen } from "../../src/money.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { pointsAccounts, pointsLogs } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";

const hold = alias(pointsLogs, "hold");

/** The tables of an order's own books, locked in this order: order, points entry, account, stock entries by SKU, items. */
const orderBooks = sql`
  left join ${pointsLogs} as ${hold}
    on ${and(eq(hold.userId, orders.userId), eq(hold.kind, "HOLD"), eq(hold.causeId, orders.id), eq(hold.state, "PENDING"))}
  left join ${pointsAccounts} on ${and(eq(pointsAccounts.userId, orders.userId), isNotNull(hold.userId))}
  left join ${inventoryLogs}
    on ${and(eq(inventoryLogs.orderId, orders.id), eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.state, "PENDING"))}
  left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}`;

/** Everything the order's books need is there: a line's entry, a hold's entry and its account. */
const booksComplete: SQL | undefined = and(
  or(eq(orders.lineCount, 0), isNotNull(inventoryLogs.sku)),
  or(eq(orders.pointsToUse, 0), isNotNull(pointsAccounts.userId)),
);

/**
 * DRAFT → PENDING: reserves the order's pieces and holds its points. Returns rows matched; 0 means that the order is
 * no draft any more, or that points are to be used and there is no account. Throws CheckRefused when pieces or
 * points don't suffice; then nothing has changed.
 */
export function activateOrder(db: Database, orderId: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'PENDING', ${orders.nextCheckAt} = ${orders.expiresAt},
          ${pointsAccounts.held} = ${pointsAccounts.held} + ${hold.points},
          ${inventoryItems.reserved} = ${inventoryItems.reserved} + ${inventoryLogs.quantity}
      where ${and(eq(orders.id, orderId), eq(orders.state, "DRAFT"), booksComplete)}`,
  );
}

/** DRAFT → PAID, for an order that leaves nothing to pay in money: takes its pieces and points at once. */
export function activateFreeOrder(db: Database, orderId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'PAID', ${orders.paidAt} = ${now}, ${orders.nextCheckAt} = null,
          ${hold.state} = 'POSTED', ${hold.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} - ${hold.points},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} - ${inventoryLogs.quantity}
      where ${and(eq(orders.id, orderId), eq(orders.state, "DRAFT"), eq(orders.amount, fen(0)), booksComplete)}`,
  );
}

/** DRAFT → CLOSED: gives up a draft that could not become an order, and frees its request key. */
export function abandonDraft(db: Database, orderId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'CLOSED', ${orders.closeReason} = 'DRAFT_ABANDONED', ${orders.closedAt} = ${now},
          ${orders.requestKey} = null, ${orders.nextCheckAt} = null,
          ${hold.state} = 'VOIDED', ${inventoryLogs.state} = 'VOIDED'
      where ${and(eq(orders.id, orderId), eq(orders.state, "DRAFT"))}`,
  );
}

/**
 * PENDING → CLOSED, for an order that is closing: gives its pieces and points back. The caller has read, after
 * `closing_at` was set, that no attempt can bring money any more, or that one which can is being watched.
 */
export function closeOrder(db: Database, orderId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'CLOSED', ${orders.closedAt} = ${now}, ${orders.nextCheckAt} = null,
          ${hold.state} = 'VOIDED', ${hold.postedAt} = ${now},
          ${pointsAccounts.held} = ${pointsAccounts.held} - ${hold.points},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.reserved} = ${inventoryItems.reserved} - ${inventoryLogs.quantity}
      where ${and(eq(orders.id, orderId), eq(orders.state, "PENDING"), isNotNull(orders.closingAt), booksComplete)}`,
  );
}
