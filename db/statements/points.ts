import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { paymentTransactions as attempts } from "../schema/payments.ts";
import { type PointsKind, pointsAccounts, pointsLogs } from "../schema/points.ts";

export interface PointsEntryKey {
  readonly userId: string;
  readonly kind: PointsKind;
  readonly causeId: string;
}

/** A PENDING entry to be written. */
export interface NewPointsEntry extends PointsEntryKey {
  readonly orderId: string | null;
  readonly points: number;
  readonly reason?: string;
  readonly createdBy?: string;
  /** When points that are given end; never when absent. */
  readonly expiresAt?: Date | null;
}

/** What an account lets its owner use: not what is promised to open orders or was taken back. Below zero it is a debt. */
export const usable = sql`${pointsAccounts.balance} - ${pointsAccounts.held} - ${pointsAccounts.clawed}`;

/** When a job has to look at an account that is to be looked at then, or earlier if it was to be already. */
export function lookBy(moment: SQL): SQL {
  const { nextCheckAt } = pointsAccounts;
  return sql`coalesce(least(${nextCheckAt}, ${moment}), ${nextCheckAt}, ${moment})`;
}

/** A moment inside an expression, where the engine can't tell its type by the column that it goes to. */
export function momentOf(moment: Date): SQL {
  return sql`cast(${moment} as datetime(3))`;
}

function isEntry({ userId, kind, causeId }: PointsEntryKey): SQL | undefined {
  return and(eq(pointsLogs.userId, userId), eq(pointsLogs.kind, kind), eq(pointsLogs.causeId, causeId));
}

/** Writes a PENDING entry. Returns false when its cause has one already. */
export function insertPointsEntry(db: Database, entry: NewPointsEntry, now: Date): Promise<boolean> {
  return insertOnce(() => db.insert(pointsLogs).values({ ...entry, state: "PENDING", createdAt: now }));
}

/**
 * Writes the PENDING entry of a payment by points, once, while its attempt is CREATED: a request that arrives after the attempt
 * has ended leaves nothing behind.
 */
export async function insertPointsPayment(
  db: Database,
  payment: Omit<NewPointsEntry, "kind">,
  now: Date,
): Promise<void> {
  const { userId, causeId, orderId, points } = payment;
  await insertOnce(() =>
    db.execute(
      sql`insert into ${pointsLogs} (user_id, kind, cause_id, order_id, points, state, created_at)
        select ${userId}, 'PAY', ${causeId}, ${orderId}, ${points}, 'PENDING', ${now}
        from ${attempts} where ${and(eq(attempts.outTradeNo, causeId), eq(attempts.state, "CREATED"))}`,
    ),
  );
}

/** PENDING → VOIDED for an entry whose cause came to nothing. */
export function voidPointsEntry(db: Database, entry: PointsEntryKey, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs} set ${pointsLogs.state} = 'VOIDED', ${pointsLogs.postedAt} = ${now}
      where ${and(isEntry(entry), eq(pointsLogs.state, "PENDING"))}`,
  );
}

/** Sets when the points of a PENDING entry end. */
export function renewTerm(
  db: Database,
  entry: Required<Pick<NewPointsEntry, "expiresAt">> & PointsEntryKey,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs} set ${pointsLogs.expiresAt} = ${entry.expiresAt}
      where ${and(isEntry(entry), eq(pointsLogs.state, "PENDING"))}`,
  );
}

/** PENDING → POSTED for a grant: the points are on the account. */
export function postGrant(db: Database, userId: string, causeId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs}
      inner join ${pointsAccounts} on ${eq(pointsAccounts.userId, pointsLogs.userId)}
      set ${pointsLogs.state} = 'POSTED', ${pointsLogs.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} + ${pointsLogs.points},
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1,
          ${pointsAccounts.nextCheckAt} = ${lookBy(sql`${pointsLogs.expiresAt}`)}
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

/**
 * Takes an account that is due from the queue until a moment: whoever looks at it puts it back. Returns rows matched; 0 means
 * that somebody else has it.
 */
export function takeDueAccount(db: Database, userId: string, seenDue: Date, until: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsAccounts} set ${pointsAccounts.nextCheckAt} = ${until}
      where ${and(eq(pointsAccounts.userId, userId), eq(pointsAccounts.nextCheckAt, seenDue))}`,
  );
}

/** Puts an account back in the queue for a moment, or takes it off, unless it has changed since it was looked at. */
export function putBackAccount(
  db: Database,
  userId: string,
  seen: { readonly version: number; readonly until: Date },
  nextCheckAt: Date | null,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsAccounts} set ${pointsAccounts.nextCheckAt} = ${nextCheckAt}
      where ${and(
        eq(pointsAccounts.userId, userId),
        eq(pointsAccounts.version, seen.version),
        eq(pointsAccounts.nextCheckAt, seen.until),
      )}`,
  );
}

/** PENDING → POSTED for points that have come to their end, if the account is as it was when they were counted. */
export function postExpiry(
  db: Database,
  { userId, causeId, version }: { readonly userId: string; readonly causeId: string; readonly version: number },
  now: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs}
      inner join ${pointsAccounts} on ${eq(pointsAccounts.userId, pointsLogs.userId)}
      set ${pointsLogs.state} = 'POSTED', ${pointsLogs.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} - ${pointsLogs.points},
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1
      where ${and(
        isEntry({ userId, kind: "EXPIRE", causeId }),
        eq(pointsLogs.state, "PENDING"),
        eq(pointsAccounts.version, version),
      )}`,
  );
}

/** PENDING → VOIDED for what was counted by somebody who never came to post it. */
export function voidExpiries(db: Database, userId: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${pointsLogs} set ${pointsLogs.state} = 'VOIDED', ${pointsLogs.postedAt} = ${now}
      where ${and(eq(pointsLogs.userId, userId), eq(pointsLogs.kind, "EXPIRE"), eq(pointsLogs.state, "PENDING"))}`,
  );
}
