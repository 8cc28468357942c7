/**
 * Walks over all shelves. Each statement names how far the walk is when it moves it on, so that of many walkers one gets
 * further, and a repeat does nothing.
 */
import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { stockDifferences as differences, stockPasses as passes } from "../schema/figures.ts";
import { inventoryItems } from "../schema/stock.ts";

export type StockPass = typeof passes.$inferSelect;
export type StockDifference = typeof differences.$inferSelect;

/** The last walk that has begun. */
export function newestPass(db: Database) {
  return db.select().from(passes).orderBy(desc(passes.startedAt)).limit(1);
}

/** Begins a walk. Returns false when one began at that very moment. */
export function beginPass(db: Database, startedAt: Date): Promise<boolean> {
  return insertOnce(() => db.insert(passes).values({ startedAt, afterSku: "", looked: 0, unlooked: 0 }));
}

/** How much further a walk has come. */
export interface PassStep {
  readonly afterSku: string;
  readonly looked: number;
  readonly unlooked: number;
  readonly finishedAt: Date | null;
}

/** Moves a walk on. Returns rows matched; 0 means that somebody else has. */
export function movePass(db: Database, pass: StockPass, step: PassStep): Promise<number> {
  const isStill = and(
    eq(passes.startedAt, pass.startedAt),
    eq(passes.afterSku, pass.afterSku),
    isNull(passes.finishedAt),
  );
  return runGuarded(
    db,
    sql`update ${passes} set ${passes.afterSku} = ${step.afterSku}, ${passes.looked} = ${passes.looked} + ${step.looked},
      ${passes.unlooked} = ${passes.unlooked} + ${step.unlooked}, ${passes.finishedAt} = ${step.finishedAt}
      where ${isStill}`,
  );
}

/** Deletes walks that ended before a moment. */
export function deletePassesBefore(db: Database, before: Date): Promise<number> {
  return runGuarded(
    db,
    sql`delete from ${passes} where ${and(isNotNull(passes.finishedAt), lt(passes.finishedAt, before))}`,
  );
}

/** The next SKUs behind one. */
export function skusBehind(db: Database, sku: string, limit: number) {
  return db
    .select({ sku: inventoryItems.sku })
    .from(inventoryItems)
    .where(gt(inventoryItems.sku, sku))
    .orderBy(asc(inventoryItems.sku))
    .limit(limit);
}

/** What shelves say and what their journals add up to, both at one moment. */
export function shelvesAndJournals(db: Database, skus: readonly string[]) {
  return db
    .select({
      sku: inventoryItems.sku,
      onHand: inventoryItems.onHand,
      reserved: inventoryItems.reserved,
      journalOnHand: sql`(select coalesce(sum(case l.kind when 'SALE' then -l.quantity else l.quantity end), 0)
        from inventory_logs l where l.sku = inventory_items.sku and l.state = 'POSTED')`.mapWith(Number),
      journalReserved: sql`(select coalesce(sum(l.quantity), 0) from inventory_logs l
        join orders o on o.id = l.order_id and o.state = 'PENDING'
        where l.sku = inventory_items.sku and l.kind = 'SALE' and l.state = 'PENDING')`.mapWith(Number),
    })
    .from(inventoryItems)
    .where(inArray(inventoryItems.sku, [...skus]));
}

/** Writes down shelves that differ; one that did before keeps the moment when it was first seen. */
export async function noteDifferences(db: Database, found: readonly StockDifference[]): Promise<void> {
  if (found.length === 0) return;
  const { onHand, journalOnHand, reserved, journalReserved } = differences;
  await insertOnce(() =>
    db
      .insert(differences)
      .values([...found])
      .onDuplicateKeyUpdate({
        set: {
          onHand: sql`values(${onHand})`,
          journalOnHand: sql`values(${journalOnHand})`,
          reserved: sql`values(${reserved})`,
          journalReserved: sql`values(${journalReserved})`,
        },
      }),
  );
}

/** Forgets the differences of shelves that are in order. */
export async function forgetDifferences(db: Database, skus: readonly string[]): Promise<void> {
  if (skus.length > 0)
    await runGuarded(db, sql`delete from ${differences} where ${inArray(differences.sku, [...skus])}`);
}
