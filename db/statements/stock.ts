import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";

/** Stands in the journal where an entry has no order. */
export const NO_ORDER = "-";

/** Writes a PENDING adjustment. Returns false when its number is taken. */
export function insertAdjustment(
  db: Database,
  entry: {
    readonly sku: string;
    readonly causeId: string;
    readonly quantity: number;
    readonly reason: string;
    readonly createdBy: string;
  },
  now: Date,
): Promise<boolean> {
  return insertOnce(() =>
    db.insert(inventoryLogs).values({ ...entry, orderId: NO_ORDER, kind: "ADJUST", state: "PENDING", createdAt: now }),
  );
}

/** PENDING → POSTED for an adjustment: the pieces are there, or gone. Throws CheckRefused when too few would be left. */
export function postAdjustment(db: Database, sku: string, causeId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs}
      inner join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} + ${inventoryLogs.quantity}
      where ${and(adjustmentKey(sku, causeId), eq(inventoryLogs.state, "PENDING"))}`,
  );
}

/** PENDING → VOIDED for an adjustment that could not be made. */
export function voidAdjustment(db: Database, sku: string, causeId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${inventoryLogs} set ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now}
      where ${and(adjustmentKey(sku, causeId), eq(inventoryLogs.state, "PENDING"))}`,
  );
}

/** The one adjustment of that number. */
export function adjustmentKey(sku: string, causeId: string) {
  return and(
    eq(inventoryLogs.orderId, NO_ORDER),
    eq(inventoryLogs.kind, "ADJUST"),
    eq(inventoryLogs.sku, sku),
    eq(inventoryLogs.causeId, causeId),
  );
}
