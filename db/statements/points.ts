import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { type PointsKind, pointsAccounts, pointsLogs } from "../schema/points.ts";

export interface PointsEntryKey {
  readonly userId: string;
  readonly kind: PointsKind;
  readonly causeId: string;
}

/** Writes a PENDING entry. Returns false when its cause has one already. */
export function insertPointsEntry(
  db: Database,
  entry: PointsEntryKey & {
    readonly orderId: string | null;
    readonly points: number;
    readonly reason?: string;
    readonly createdBy?: string;
  },
  now: Date,
): Promise<boolean> {
  return insertOnce(() => db.insert(pointsLogs).values({ ...entry, state: "PENDING", createdAt: now }));
}

/** PENDING → VOIDED for an entry whose cause came to nothing. */
export function voidPointsEntry(db: Database, entry: PointsEntryKey, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs} set ${pointsLogs.state} = 'VOIDED', ${pointsLogs.postedAt} = ${now}
      where ${and(
        eq(pointsLogs.userId, entry.userId),
        eq(pointsLogs.kind, entry.kind),
        eq(pointsLogs.causeId, entry.causeId),
        eq(pointsLogs.state, "PENDING"),
      )}`,
  );
}

/** PENDING → POSTED for a grant: the points are on the account. */
export function postGrant(db: Database, userId: string, causeId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs}
      inner join ${pointsAccounts} on ${eq(pointsAccounts.userId, pointsLogs.userId)}
      set ${pointsLogs.state} = 'POSTED', ${pointsLogs.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} + ${pointsLogs.points}
      where ${and(
        eq(pointsLogs.userId, userId),
        eq(pointsLogs.kind, "GRANT"),
        eq(pointsLogs.causeId, causeId),
        eq(pointsLogs.state, "PENDING"),
      )}`,
  );
}

/** Opens a user's account, empty. Returns false when there is one. */
export function openAccount(db: Database, userId: string): Promise<boolean> {
  return insertOnce(() => db.insert(pointsAccounts).values({ userId, balance: 0, held: 0 }));
}
