/** Refunds as statements over their own row: what is known of them, and when to look again. */
import { and, eq, inArray, isNotNull, isNull, lt, lte, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Fen } from "../../src/money.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { SealedText } from "../../src/security/field-cipher.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";

const back = alias(pointsLogs, "back");

const external = alias(refunds, "external");

/** What others gave back of a payment, in fen: by an attempt that is read beside it, nothing where there is none. */
export const refundedElsewhere = sql<number>`(select coalesce(sum(${external.amount}), 0) from ${refunds} as ${external}
  where ${and(eq(external.orderId, attempts.orderId), eq(external.outTradeNo, attempts.outTradeNo), eq(external.origin, "EXTERNAL"))})`;

/** How a REQUESTED refund is divided: what goes back in money, by whom and in which words, and what in points. */
export interface RefundSplit {
  readonly amount: Fen;
  readonly points: number;
  readonly provider: ProviderName;
  readonly request: SealedText;
  /** The points of its entry: `points`, and an amount that was paid in points. */
  readonly entryPoints: number;
}

/** Divides a REQUESTED refund anew, its points entry with it: one of no points is voided. Returns rows matched. */
export function setRefundSplit(db: Database, refundId: string, split: RefundSplit, now: Date): Promise<number> {
  const hasPoints = split.entryPoints > 0;
  return runGuarded(
    db,
    sql`update ${refunds}
      left join ${pointsLogs} as ${back}
        on ${and(eq(back.userId, refunds.userId), eq(back.kind, "REFUND"), eq(back.causeId, refunds.id), ne(back.state, "POSTED"))}
      set ${refunds.amount} = ${split.amount}, ${refunds.points} = ${split.points},
          ${refunds.provider} = ${split.provider}, ${refunds.request} = ${split.request},
          ${back.points} = ${Math.max(1, split.entryPoints)}, ${back.state} = ${hasPoints ? "PENDING" : "VOIDED"},
          ${back.postedAt} = ${hasPoints ? null : now}
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

/** When the last refund of a payment was sent, and how many of those that wait for their turn came before one. */
export function turnOf(db: Database, { id, orderId, outTradeNo, waitingSince }: RefundInQueue) {
  const earlier = or(
    lt(refunds.waitingSince, waitingSince),
    and(eq(refunds.waitingSince, waitingSince), lt(refunds.id, id)),
  );
  const queue = and(eq(refunds.orderId, orderId), eq(refunds.outTradeNo, outTradeNo), eq(refunds.state, "CREATED"));
  return db
    .select({
      lastRefundAt: attempts.lastRefundAt,
      ahead: sql<number>`(select count(*) from ${refunds} where ${and(queue, earlier)})`.mapWith(Number),
    })
    .from(attempts)
    .where(eq(attempts.outTradeNo, outTradeNo));
}

/** A refund that waits for its turn to be sent. */
export interface RefundInQueue {
  readonly id: string;
  readonly orderId: string;
  readonly outTradeNo: string;
  readonly waitingSince: Date;
}

/** Says when it may be the turn of a refund that waits for it. */
export function waitForTurn(db: Database, refundId: string, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} set ${refunds.nextCheckAt} = ${nextCheckAt}
      where ${and(eq(refunds.id, refundId), eq(refunds.state, "CREATED"), isNotNull(refunds.waitingSince))}`,
  );
}

/** What changes with every look at a refund, and with every time it is sent. */
export interface SeenRefund {
  readonly checks: number;
  readonly sentAt: Date | null;
}

/** Nobody has looked at a refund or sent it since it was read. */
export function isAsSeen({ checks, sentAt }: SeenRefund): SQL | undefined {
  return and(eq(refunds.checks, checks), sentAt === null ? isNull(refunds.sentAt) : eq(refunds.sentAt, sentAt));
}

/**
 * Takes the right to send a refund now, the first time or again: providers want some time between two refunds of one
 * payment. Returns rows matched; 0 means that another refund was sent after `lastRefundUntil`, or that somebody else has
 * looked at this one meanwhile. A repeat of the statement after a lost answer matches nothing, and the next look sends.
 */
export function takeTurn(
  db: Database,
  refund: SeenRefund & { readonly id: string },
  turn: { readonly now: Date; readonly lastRefundUntil: Date | null; readonly nextCheckAt: Date },
): Promise<number> {
  const { now, lastRefundUntil, nextCheckAt } = turn;
  const isFree = lastRefundUntil && or(isNull(attempts.lastRefundAt), lte(attempts.lastRefundAt, lastRefundUntil));
  return runGuarded(
    db,
    sql`update ${refunds}
      inner join ${attempts} on ${eq(attempts.outTradeNo, refunds.outTradeNo)}
      set ${refunds.nextCheckAt} = ${nextCheckAt},
          ${refunds.waitingSince} = null, ${refunds.sentAt} = ${now}, ${attempts.lastRefundAt} = ${now}
      where ${and(
        eq(refunds.id, refund.id),
        inArray(refunds.state, ["CREATED", "PROCESSING"]),
        isAsSeen(refund),
        isFree ?? undefined,
      )}`,
  );
}

/** Ends the watch over a refund that was given up: its provider agrees, or never will say. */
export function endRefundWatch(db: Database, refundId: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} set ${refunds.nextCheckAt} = null
      where ${and(eq(refunds.id, refundId), eq(refunds.state, "CLOSED"))}`,
  );
}

/** The refunds whose time for another look has come, oldest first. */
export function dueRefunds(db: Database, now: Date, limit: number) {
  return db.select().from(refunds).where(lt(refunds.nextCheckAt, now)).orderBy(refunds.nextCheckAt).limit(limit);
}
