import { and, eq, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { fen } from "../../src/money.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { idempotencyAnswers } from "../schema/answers.ts";
import { orders } from "../schema/orders.ts";
import { pointsAccounts, pointsLogs } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";
import { usable } from "./points.ts";

const hold = alias(pointsLogs, "hold");
const earn = alias(pointsLogs, "earn");

/** The tables of an order's own books, locked in this order: order, points entries, account, stock entries by SKU, items. */
const orderBooks = sql`
  left join ${pointsLogs} as ${hold}
    on ${and(eq(hold.userId, orders.userId), eq(hold.kind, "HOLD"), eq(hold.causeId, orders.id), eq(hold.state, "PENDING"))}
  left join ${pointsLogs} as ${earn}
    on ${and(eq(earn.userId, orders.userId), eq(earn.kind, "EARN"), eq(earn.causeId, orders.id), eq(earn.state, "PENDING"))}
  left join ${pointsAccounts}
    on ${and(eq(pointsAccounts.userId, orders.userId), or(isNotNull(hold.userId), isNotNull(earn.userId)))}
  left join ${inventoryLogs}
    on ${and(eq(inventoryLogs.orderId, orders.id), eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.state, "PENDING"))}
  left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}`;

/** Everything the order's books need is there: a line's entry, a hold's entry, an account for points. */
const booksComplete: SQL | undefined = and(
  or(eq(orders.lineCount, 0), isNotNull(inventoryLogs.sku)),
  or(eq(orders.pointsToUse, 0), isNotNull(hold.userId)),
  or(and(isNull(hold.userId), isNull(earn.userId)), isNotNull(pointsAccounts.userId)),
);

/** The account lets its owner use as many points as the order wants. */
const pointsSuffice: SQL | undefined = or(isNull(hold.userId), sql`${usable} >= ${hold.points}`);

/** Counts a change of the account, where there is one. */
const accountChanged = sql`${pointsAccounts.version} = ${pointsAccounts.version}
  + (case when ${hold.userId} is null then 0 else 1 end)`;

/**
 * Nothing when the pieces that an entry asks for are free; else as many as let the CHECK over `reserved` refuse the change:
 * it allows for a shortage, which is there for what was promised before.
 */
export const refusedByCheck = sql`(case when ${inventoryItems.onHand} - ${inventoryItems.reserved} < ${inventoryLogs.quantity}
  then ${inventoryItems.shortage} else 0 end)`;

/** How many orders a buyer may have open, this one among them. */
export interface OpenOrdersCap {
  readonly userId: string;
  readonly most: number;
}

/** Fewer than the cap are open. The rows are read under locks, so that two orders at once can't both be the last one. */
function isBelow({ userId, most }: OpenOrdersCap): SQL {
  return sql`(select count(*) from (
    select 1 from orders as mine where mine.user_id = ${userId} and mine.state = 'PENDING' limit ${most}
  ) as open_orders) < ${most}`;
}

/**
 * Nothing has been answered under a key. Locks the place where an answer would be, which keeps others' answers waiting: only
 * for a draft whose key somebody else has had.
 */
function isUnanswered(requestKey: string): SQL {
  return sql`not exists (select 1 from ${idempotencyAnswers} where ${eq(idempotencyAnswers.requestKey, requestKey)})`;
}

/**
 * DRAFT → PENDING: reserves the order's pieces and holds its points. Returns rows matched; 0 means that the order is
 * no draft any more, that points don't suffice or there is no account for them, that the buyer has too many orders open, or
 * that somebody has been answered under the key that is to be `unanswered`.
 * Throws CheckRefused when pieces don't suffice; then nothing has changed.
 */
export function activateOrder(
  db: Database,
  orderId: string,
  cap: OpenOrdersCap | undefined,
  unanswered?: string,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'PENDING', ${orders.nextCheckAt} = ${orders.expiresAt},
          ${pointsAccounts.held} = ${pointsAccounts.held} + coalesce(${hold.points}, 0), ${accountChanged},
          ${inventoryItems.reserved} = ${inventoryItems.reserved} + ${inventoryLogs.quantity} + ${refusedByCheck}
      where ${and(
        ...[eq(orders.id, orderId), eq(orders.state, "DRAFT"), booksComplete, pointsSuffice],
        ...[cap && isBelow(cap), unanswered === undefined ? undefined : isUnanswered(unanswered)],
      )}`,
  );
}

/** DRAFT → PAID, for an order that leaves nothing to pay in money: takes its pieces and points at once. */
export function activateFreeOrder(db: Database, orderId: string, now: Date, unanswered?: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'PAID', ${orders.paidAt} = ${now}, ${orders.nextCheckAt} = null,
          ${hold.state} = 'POSTED', ${hold.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} - coalesce(${hold.points}, 0), ${accountChanged},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} - ${inventoryLogs.quantity} - ${refusedByCheck}
      where ${and(
        ...[eq(orders.id, orderId), eq(orders.state, "DRAFT"), eq(orders.amount, fen(0)), booksComplete, pointsSuffice],
        unanswered === undefined ? undefined : isUnanswered(unanswered),
      )}`,
  );
}

/** DRAFT → CLOSED: gives up a draft whose maker is taken for dead, and frees its request key. */
export function abandonDraft(db: Database, orderId: string, now: Date): Promise<number> {
  return closeDraft(db, orderId, now, sql`${orders.requestKey} = null, ${orders.requestHash} = null,`);
}

/**
 * DRAFT → CLOSED: gives up a draft that could not become an order. It keeps its request key until its maker has been
 * answered, so that no repeat makes an order that its caller then hears was refused.
 */
export function refuseDraft(db: Database, orderId: string, now: Date): Promise<number> {
  return closeDraft(db, orderId, now, sql``);
}

function closeDraft(db: Database, orderId: string, now: Date, keyFreed: SQL): Promise<number> {
  return runGuarded(
    db,
    sql`update ${orders} ${orderBooks}
      set ${orders.state} = 'CLOSED', ${orders.closeReason} = 'DRAFT_ABANDONED', ${orders.closedAt} = ${now},
          ${keyFreed} ${orders.nextCheckAt} = null,
          ${hold.state} = 'VOIDED', ${earn.state} = 'VOIDED', ${inventoryLogs.state} = 'VOIDED'
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
          ${hold.state} = 'VOIDED', ${hold.postedAt} = ${now}, ${earn.state} = 'VOIDED', ${earn.postedAt} = ${now},
          ${pointsAccounts.held} = ${pointsAccounts.held} - coalesce(${hold.points}, 0), ${accountChanged},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.reserved} = ${inventoryItems.reserved} - ${inventoryLogs.quantity}
      where ${and(eq(orders.id, orderId), eq(orders.state, "PENDING"), isNotNull(orders.closingAt), booksComplete)}`,
  );
}

/** How many due orders are looked through for those that hold pieces somebody else needs. */
const LOOKED_THROUGH = 200;

/**
 * Orders whose time is over and which still hold pieces of these SKUs. Only those that are due to be looked at: an order
 * whose provider has just not answered waits for its turn.
 */
export function expiredHolders(db: Database, skus: readonly string[], now: Date, limit: number) {
  const due = db
    .select()
    .from(orders)
    .where(and(lte(orders.nextCheckAt, now), lte(orders.expiresAt, now), eq(orders.state, "PENDING")))
    .orderBy(orders.nextCheckAt)
    .limit(LOOKED_THROUGH)
    .as("due");
  const holds = and(
    eq(inventoryLogs.orderId, due.id),
    eq(inventoryLogs.kind, "SALE"),
    inArray(inventoryLogs.sku, [...skus]),
    eq(inventoryLogs.state, "PENDING"),
  );
  return db.selectDistinct({ id: due.id }).from(due).innerJoin(inventoryLogs, holds).limit(limit);
}
