/**
 * Deleting what has outlived its retention: records that decide nothing, and drafts that never became orders. Rows are
 * found by an index and deleted by their keys, a bounded number at a time. Orders, money, journals and operators' actions
 * are never deleted.
 */
import { and, asc, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { read, runGuarded } from "../run.ts";
import { servedOperations } from "../schema/figures.ts";
import { events, providerCalls } from "../schema/history.ts";
import { orderItems, orders } from "../schema/orders.ts";
import { pointsLogs } from "../schema/points.ts";
import { notifications } from "../schema/records.ts";
import { inventoryLogs } from "../schema/stock.ts";
import { deleteBillEntriesBefore } from "./bill-entry.ts";

/** Deletes up to `limit` rows from before a moment. Returns how many it found. Harmless to repeat. */
export type Purge = (db: Database, before: Date, limit: number) => Promise<number>;

const purgeEvents: Purge = async (db, before, limit) => {
  const old = await read(() =>
    db
      .select({ id: events.id })
      .from(events)
      .where(lt(events.createdAt, before))
      .orderBy(events.createdAt)
      .limit(limit),
  );
  const ids = old.map(({ id }) => id);
  if (ids.length > 0) await runGuarded(db, sql`delete from ${events} where ${inArray(events.id, ids)}`);
  return ids.length;
};

const purgeProviderCalls: Purge = async (db, before, limit) => {
  const old = await read(() =>
    db
      .select({ id: providerCalls.id })
      .from(providerCalls)
      .where(lt(providerCalls.sentAt, before))
      .orderBy(providerCalls.sentAt)
      .limit(limit),
  );
  const ids = old.map(({ id }) => id);
  if (ids.length > 0) await runGuarded(db, sql`delete from ${providerCalls} where ${inArray(providerCalls.id, ids)}`);
  return ids.length;
};

const purgeServedOperations: Purge = async (db, before, limit) => {
  const old = await read(() =>
    db
      .select({ id: servedOperations.id })
      .from(servedOperations)
      .where(lt(servedOperations.at, before))
      .orderBy(servedOperations.at)
      .limit(limit),
  );
  const ids = old.map(({ id }) => id);
  if (ids.length > 0)
    await runGuarded(db, sql`delete from ${servedOperations} where ${inArray(servedOperations.id, ids)}`);
  return ids.length;
};

/** A callback that came again since is not as old as when it came first, but says nothing more. */
const purgeNotifications: Purge = async (db, before, limit) => {
  const old = await read(() =>
    db
      .select({ provider: notifications.provider, notifyId: notifications.notifyId })
      .from(notifications)
      .where(lt(notifications.receivedAt, before))
      .orderBy(notifications.receivedAt)
      .limit(limit),
  );
  if (old.length === 0) return 0;
  const keys = old.map(({ provider, notifyId }) => sql`(${provider}, ${notifyId})`);
  await runGuarded(
    db,
    sql`delete from ${notifications}
      where (${notifications.provider}, ${notifications.notifyId}) in (${sql.join(keys, sql`, `)})`,
  );
  return old.length;
};

/**
 * The draft itself last: while it is there, whoever comes again finds what is left of it. Its entries are VOIDED, or PENDING
 * when a slow maker wrote them after the draft had been given up.
 */
const purgeDrafts: Purge = async (db, before, limit) => {
  const abandoned = and(eq(orders.closeReason, "DRAFT_ABANDONED"), lt(orders.closedAt, before));
  const old = await read(() =>
    db
      .select({ id: orders.id, userId: orders.userId })
      .from(orders)
      .where(abandoned)
      .orderBy(asc(orders.closedAt))
      .limit(limit),
  );
  const ids = old.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await runGuarded(db, sql`delete from ${orderItems} where ${inArray(orderItems.orderId, ids)}`);
  await runGuarded(
    db,
    sql`delete from ${inventoryLogs} where ${and(inArray(inventoryLogs.orderId, ids), ne(inventoryLogs.state, "POSTED"))}`,
  );
  // By their keys: no index leads from an order to its points, and a scan would lock every user's.
  const entries = old.map(({ id, userId }) =>
    and(eq(pointsLogs.userId, userId), inArray(pointsLogs.kind, ["HOLD", "EARN"]), eq(pointsLogs.causeId, id)),
  );
  await runGuarded(db, sql`delete from ${pointsLogs} where ${and(or(...entries), ne(pointsLogs.state, "POSTED"))}`);
  await runGuarded(db, sql`delete from ${orders} where ${inArray(orders.id, ids)}`);
  return ids.length;
};

/** Lines of bills. What differed from them stays. */
const purgeBillEntries: Purge = (db, before, limit) =>
  deleteBillEntriesBefore(db, before.toISOString().slice(0, "YYYY-MM-DD".length), limit);

export const PURGES: readonly Purge[] = [
  purgeEvents,
  purgeProviderCalls,
  purgeServedOperations,
  purgeNotifications,
  purgeDrafts,
  purgeBillEntries,
];
