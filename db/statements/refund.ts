/** Refunds as statements over their own row: what is known of them, and when to look again. */
import { and, eq, isNotNull, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";

const back = alias(pointsLogs, "back");

/**
 * Sets the points that a REQUESTED refund gives back beside its money, and those of its entry, which may be more:
 * the entry also holds an amount that was paid in points. Returns rows matched.
 */
export function setRefundPoints(db: Database, refundId: string, points: number, entryPoints: number): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds}
      inner join ${pointsLogs} as ${back}
        on ${and(eq(back.userId, refunds.userId), eq(back.kind, "REFUND"), eq(back.causeId, refunds.id), eq(back.state, "PENDING"))}
      set ${refunds.points} = ${points}, ${back.points} = ${entryPoints}
      where ${and(eq(refunds.id, refundId), eq(refunds.state, "REQUESTED"))}`,
  );
}

/** `resumed`: an ABNORMAL refund has found another way. Only a provider that was asked can say so: callbacks come late. */
export type RefundProgress = "processing" | "abnormal" | "resumed";

const ON_THE_WAY: Readonly<Record<RefundProgress, SQL>> = {
  processing: sql`${refunds.state} in ('CREATED','PROCESSING')`,
  abnormal: sql`${refunds.state} in ('CREATED','PROCESSING','ABNORMAL')`,
  resumed: sql`${refunds.state} in ('CREATED','PROCESSING','ABNORMAL')`,
};

/** Notes that the provider has the refund: PROCESSING, or ABNORMAL when it found no way to the payer's account. */
export function noteRefund(
  db: Database,
  refundId: string,
  progress: RefundProgress,
  note: { readonly providerRefundNo: string | null; readonly nextCheckAt: Date },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds}
      set ${refunds.state} = ${progress === "abnormal" ? "ABNORMAL" : "PROCESSING"}, ${refunds.nextCheckAt} = ${note.nextCheckAt},
          ${refunds.providerRefundNo} = coalesce(${note.providerRefundNo}, ${refunds.providerRefundNo})
      where ${and(eq(refunds.id, refundId), ON_THE_WAY[progress])}`,
  );
}

/** Sets when to look at a refund again, unless another look has moved that time already. */
export function postponeRefund(db: Database, refundId: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} set ${refunds.nextCheckAt} = ${nextCheckAt}, ${refunds.checks} = ${checks + 1}
      where ${and(eq(refunds.id, refundId), eq(refunds.checks, checks), isNotNull(refunds.nextCheckAt))}`,
  );
}

/**
 * Takes the moment for sending a refund again, as reserving takes it for the first send: providers want some time between
 * two refunds of one payment. Returns rows matched; 0 means that another refund was sent after `lastRefundUntil`.
 */
export function takeRefundMoment(db: Database, outTradeNo: string, now: Date, lastRefundUntil: Date): Promise<number> {
  const free = or(
    isNull(attempts.lastRefundAt),
    lte(attempts.lastRefundAt, lastRefundUntil),
    eq(attempts.lastRefundAt, now),
  );
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.lastRefundAt} = ${now} where ${and(eq(attempts.outTradeNo, outTradeNo), free)}`,
  );
}

/** The refunds whose time for another look has come, oldest first. */
export function dueRefunds(db: Database, now: Date, limit: number) {
  return db.select().from(refunds).where(lt(refunds.nextCheckAt, now)).orderBy(refunds.nextCheckAt).limit(limit);
}
