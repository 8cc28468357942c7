/**
 * The entries of what comes back with a refund: PENDING ones, written while the refund is REQUESTED. A request that arrives
 * after the refund has ended leaves nothing behind.
 */
import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce } from "../run.ts";
import { refundRecords as refunds } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";
import { inventoryLogs } from "../schema/stock.ts";

const asked = (refundId: string) => and(eq(refunds.id, refundId), eq(refunds.state, "REQUESTED"));

/** Writes an entry for each line whose pieces come back. Harmless to repeat. */
export async function insertReturnEntries(
  db: Database,
  refundId: string,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
  now: Date,
): Promise<void> {
  const rows = lines.map(({ sku, quantity }) => sql`select ${sku} as sku, ${quantity} as quantity`);
  await insertOnce(() =>
    db.execute(
      sql`insert into ${inventoryLogs} (order_id, kind, sku, cause_id, quantity, state, created_at)
        select ${refunds.orderId}, 'RETURN', line.sku, ${refunds.id}, line.quantity, 'PENDING', ${now}
        from ${refunds} inner join (${sql.join(rows, sql` union all `)}) as line where ${asked(refundId)}`,
    ),
  );
}

/** Writes the entry for the points that come back, which last until `expiresAt`. Returns false when it is there already. */
export function insertPointsBack(
  db: Database,
  refundId: string,
  { points, expiresAt }: { readonly points: number; readonly expiresAt: Date | null },
  now: Date,
): Promise<boolean> {
  return insertOnce(() =>
    db.execute(
      sql`insert into ${pointsLogs} (user_id, kind, cause_id, order_id, points, state, expires_at, created_at)
        select ${refunds.userId}, 'REFUND', ${refunds.id}, ${refunds.orderId}, ${points}, 'PENDING', ${expiresAt}, ${now}
        from ${refunds} where ${asked(refundId)}`,
    ),
  );
}
