/**
 * The entries of an order that is to open again, written PENDING before anything changes. Their cause is its next
 * generation. They are written only while some money is meant to open the order, and whoever decides otherwise voids them;
 * written once more they are PENDING anew. The statement that applies the money posts them.
 */
import { and, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orderItems, orders } from "../schema/orders.ts";
import { paymentTransactions as attempts } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";
import { inventoryLogs } from "../schema/stock.ts";
import type { NewPointsEntry } from "./points.ts";

/** The cause of a closed order's entries when it opens again. */
export const nextCause = sql`concat(${orders.id}, '#', ${orders.generation} + 1)`;

/** A closed order of some generation, as long as this money is meant to open it again. */
const opensBy = (outTradeNo: string, generation: number): SQL | undefined =>
  and(
    eq(attempts.outTradeNo, outTradeNo),
    eq(attempts.disposition, "UNAPPLIED"),
    inArray(attempts.policy, ["REVIVE", "APPLY"]),
    eq(orders.state, "CLOSED"),
    eq(orders.generation, generation),
  );

/** Foresees the pieces of the order's lines. Returns rows written; harmless to repeat. */
export function foreseeSale(db: Database, outTradeNo: string, generation: number, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`insert into ${inventoryLogs} (order_id, kind, sku, cause_id, quantity, state, created_at)
      select ${orders.id}, 'SALE', ${orderItems.sku}, ${nextCause}, ${orderItems.quantity}, 'PENDING', ${now}
      from ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      inner join ${orderItems} on ${eq(orderItems.orderId, orders.id)}
      where ${opensBy(outTradeNo, generation)}
      on duplicate key update ${anew(inventoryLogs, now)}`,
  );
}

/** Foresees that the order takes the points again which it uses. Returns rows written; harmless to repeat. */
export function foreseeHold(db: Database, outTradeNo: string, generation: number, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`insert into ${pointsLogs} (user_id, kind, cause_id, order_id, points, state, created_at)
      select ${orders.userId}, 'HOLD', ${nextCause}, ${orders.id}, ${orders.pointsToUse}, 'PENDING', ${now}
      from ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      where ${and(opensBy(outTradeNo, generation), gt(orders.pointsToUse, 0))}
      on duplicate key update ${anew(pointsLogs, now)}`,
  );
}

/** Foresees the points that the order earns. Returns rows written; harmless to repeat. */
export function foreseeEarning(
  db: Database,
  outTradeNo: string,
  generation: number,
  { points, expiresAt }: NewPointsEntry,
  now: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`insert into ${pointsLogs} (user_id, kind, cause_id, order_id, points, expires_at, state, created_at)
      select ${orders.userId}, 'EARN', ${nextCause}, ${orders.id}, ${points}, ${expiresAt ?? null}, 'PENDING', ${now}
      from ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      where ${opensBy(outTradeNo, generation)}
      on duplicate key update ${anew(pointsLogs, now)}`,
  );
}

/** A generation that is yet to come has posted nothing: its entries are PENDING, or were given up. */
function anew({ state, postedAt, createdAt }: typeof inventoryLogs | typeof pointsLogs, now: Date): SQL {
  return sql`${state} = 'PENDING', ${postedAt} = null, ${createdAt} = ${now}`;
}
