import { and, desc, eq, gt, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";

/** Stands in the journal where an entry has no order. */
export const NO_ORDER = "-";

/** An operator's entry: pieces put on the shelf or taken off, or the difference that a count found. */
export interface StockEntry {
  readonly kind: "ADJUST" | "COUNT";
  readonly sku: string;
  readonly causeId: string;
}

/** Writes a PENDING entry of an operator. Returns false when its number is taken. */
export function insertStockEntry(
  db: Database,
  entry: StockEntry & {
    readonly quantity: number;
    readonly counted?: number;
    readonly reason: string;
    readonly createdBy: string;
  },
  now: Date,
): Promise<boolean> {
  return insertOnce(() =>
    db.insert(inventoryLogs).values({ ...entry, orderId: NO_ORDER, state: "PENDING", createdAt: now }),
  );
}

/**
 * PENDING → POSTED for an adjustment: the pieces are there, or gone; those that come make up for a shortage. Returns rows
 * matched; 0 means that it was done before, or that fewer would be left than are promised. No CHECK says so where there was
 * a shortage: it allows for that, which was promised before.
 */
export function postAdjustment(db: Database, sku: string, causeId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs}
      inner join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} + ${inventoryLogs.quantity},
          ${inventoryItems.shortage} = greatest(0, ${inventoryItems.shortage} - greatest(0, ${inventoryLogs.quantity}))
      where ${and(
        stockEntryKey({ kind: "ADJUST", sku, causeId }),
        eq(inventoryLogs.state, "PENDING"),
        or(
          gt(inventoryLogs.quantity, 0),
          sql`${inventoryItems.onHand} + ${inventoryLogs.quantity} >= ${inventoryItems.reserved}`,
        ),
      )}`,
  );
}

/** What a count found on the shelf, and what the books said when the difference was written down. */
export interface Count {
  readonly sku: string;
  readonly causeId: string;
  readonly counted: number;
  readonly onHand: number;
}

/** Sets the difference of a count that is not posted yet: the stock has moved since it was written down. */
export function correctCount(db: Database, { sku, causeId, counted, onHand }: Count): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs} set ${inventoryLogs.quantity} = ${counted - onHand}
      where ${and(stockEntryKey({ kind: "COUNT", sku, causeId }), eq(inventoryLogs.state, "PENDING"))}`,
  );
}

/**
 * PENDING → POSTED for a count: the books say what is on the shelf, and what was promised beyond it is a shortage. Returns
 * rows matched; 0 means that it was done before, or that the stock has moved.
 */
export function postCount(db: Database, { sku, causeId, counted, onHand }: Count, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs}
      inner join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${counted},
          ${inventoryItems.shortage} = greatest(0, ${inventoryItems.reserved} - ${counted}),
          ${inventoryItems.lowSince} = (case when ${inventoryItems.reserved} > ${counted} then null
            else ${inventoryItems.lowSince} end)
      where ${and(
        stockEntryKey({ kind: "COUNT", sku, causeId }),
        eq(inventoryLogs.state, "PENDING"),
        eq(inventoryLogs.quantity, counted - onHand),
        eq(inventoryItems.onHand, onHand),
      )}`,
  );
}

/** PENDING → VOIDED for an entry that could not be made. */
export function voidStockEntry(db: Database, entry: StockEntry, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs} set ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now}
      where ${and(stockEntryKey(entry), eq(inventoryLogs.state, "PENDING"))}`,
  );
}

/** The one entry of that kind and number. */
export function stockEntryKey({ kind, sku, causeId }: StockEntry) {
  return and(
    eq(inventoryLogs.orderId, NO_ORDER),
    eq(inventoryLogs.kind, kind),
    eq(inventoryLogs.sku, sku),
    eq(inventoryLogs.causeId, causeId),
  );
}

/** Sets below how many free pieces an operator hears of it; null for never. */
export function setLowMark(db: Database, sku: string, lowAt: number | null): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryItems} set ${inventoryItems.lowAt} = ${lowAt} where ${eq(inventoryItems.sku, sku)}`,
  );
}

/** The last count of an item. */
export function lastCount(db: Database, sku: string) {
  const { orderId, kind, sku: skus, state, postedAt } = inventoryLogs;
  return db
    .select({ causeId: inventoryLogs.causeId })
    .from(inventoryLogs)
    .where(and(eq(orderId, NO_ORDER), eq(kind, "COUNT"), eq(skus, sku), eq(state, "POSTED")))
    .orderBy(desc(postedAt))
    .limit(1);
}

/** Items of which few are left, or too few, and nobody has been told. */
export function newlyLow(db: Database, limit: number) {
  return db
    .select()
    .from(inventoryItems)
    .where(and(eq(inventoryItems.isLow, true), isNull(inventoryItems.lowSince)))
    .limit(limit);
}

/** Notes since when few pieces are left. */
export function noteLow(db: Database, sku: string, since: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryItems} set ${inventoryItems.lowSince} = ${since}
      where ${and(eq(inventoryItems.sku, sku), eq(inventoryItems.isLow, true), isNull(inventoryItems.lowSince))}`,
  );
}

/** Forgets, of items that have enough again, since when few were left. Returns of how many, up to the limit. */
export function forgetLow(db: Database, limit: number): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryItems} set ${inventoryItems.lowSince} = null
      where ${and(eq(inventoryItems.isLow, false), isNotNull(inventoryItems.lowSince))} limit ${limit}`,
  );
}
