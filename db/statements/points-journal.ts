/** The points journal as it is read: a page of a statement, and what of an account is about to end. */
import { and, desc, eq, gt, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { orders } from "../schema/orders.ts";
import { type PointsKind, pointsAccounts, pointsLogs } from "../schema/points.ts";

const GIVING = ["GRANT", "EARN", "REFUND"] as const satisfies readonly PointsKind[];
const gives = inArray(pointsLogs.kind, [...GIVING]);
const signed = sql`(case when ${gives} then ${pointsLogs.points} else -${pointsLogs.points} end)`;
const isPosted = eq(pointsLogs.state, "POSTED");

/** Where in a statement an entry stands. */
export interface StatementPosition {
  readonly at: Date;
  readonly kind: PointsKind;
  readonly causeId: string;
}

function isBefore({ at, kind, causeId }: StatementPosition): SQL | undefined {
  const { effectiveAt, kind: kinds, causeId: causes } = pointsLogs;
  const sameMoment = or(lt(kinds, kind), and(eq(kinds, kind), lt(causes, causeId)));
  return and(sql`${effectiveAt} <= ${at}`, or(lt(effectiveAt, at), sameMoment));
}

const NEWEST_FIRST = [desc(pointsLogs.effectiveAt), desc(pointsLogs.kind), desc(pointsLogs.causeId)];

/**
 * A user's entries before a position, newest first, each with the balance after it: what all entries before the position
 * add up to, less the newer ones of this page. Points that were taken back count, and may leave it below zero. What is
 * not posted changes nothing.
 */
export function statementPage(db: Database, userId: string, before: StatementPosition | undefined, limit: number) {
  const older = and(eq(pointsLogs.userId, userId), before && isBefore(before));
  const change = sql<number>`(case when ${isPosted} then ${signed} else 0 end)`.mapWith(Number).as("balance_change");
  const page = db
    .select({
      kind: pointsLogs.kind,
      causeId: pointsLogs.causeId,
      orderId: pointsLogs.orderId,
      points: pointsLogs.points,
      state: pointsLogs.state,
      reason: pointsLogs.reason,
      createdAt: pointsLogs.createdAt,
      postedAt: pointsLogs.postedAt,
      expiresAt: pointsLogs.expiresAt,
      effectiveAt: pointsLogs.effectiveAt,
      change,
    })
    .from(pointsLogs)
    .where(older)
    .orderBy(...NEWEST_FIRST)
    .limit(limit)
    .as("page");
  const closing = db
    .select({ balance: sql`coalesce(sum(${signed}), 0)`.as("closing_balance") })
    .from(pointsLogs)
    .where(and(older, isPosted))
    .as("closing");
  const order = [desc(page.effectiveAt), desc(page.kind), desc(page.causeId)];
  const newer = sql`sum(${page.change}) over (order by ${sql.join(order, sql`, `)}
    rows between unbounded preceding and 1 preceding)`;
  return db
    .select({
      kind: page.kind,
      causeId: page.causeId,
      orderId: page.orderId,
      points: page.points,
      state: page.state,
      reason: page.reason,
      createdAt: page.createdAt,
      postedAt: page.postedAt,
      expiresAt: page.expiresAt,
      at: page.effectiveAt,
      change: page.change,
      balanceAfter: sql<number>`${closing.balance} - coalesce(${newer}, 0)`.mapWith(Number),
    })
    .from(page)
    .innerJoin(closing, sql`1 = 1`)
    .orderBy(...order);
}

/** Accounts that a job has to look at, the most urgent first. */
export function dueAccounts(db: Database, now: Date, limit: number) {
  const { userId, nextCheckAt } = pointsAccounts;
  const due = and(sql`${nextCheckAt} is not null`, sql`${nextCheckAt} <= ${now}`);
  return db.select({ userId, nextCheckAt }).from(pointsAccounts).where(due).orderBy(nextCheckAt).limit(limit);
}

/**
 * How many of a user's points have come to their end by a moment and are still there, as a number in SQL. Whoever takes
 * points takes those first that end by then, but only such as had been given before; what is given pays a debt first.
 * Points held for an open order are taken. So the journal is gone through in order: `total` is the balance less what is
 * held and was taken back, `moved` how much an entry really gave or took, and `ending` goes along with it for the points
 * that end, as if there could be less than none; what it fell below that, there was nothing left to take.
 */
function endedPoints(userId: string, moment: Date): SQL {
  const at = sql`(case ${pointsLogs.kind} when 'HOLD' then ${pointsLogs.createdAt} else ${pointsLogs.postedAt} end)`;
  const ends = and(gives, sql`coalesce(${pointsLogs.expiresAt} <= ${moment}, false)`);
  const entries = sql`
    select ${pointsLogs.kind} as kind, ${pointsLogs.causeId} as cause_id, ${at} as at, ${signed} as delta, (${ends}) as ends
    from ${pointsLogs}
    left join ${orders} on ${and(eq(orders.id, pointsLogs.orderId), eq(pointsLogs.kind, "HOLD"), eq(pointsLogs.state, "PENDING"))}
    where ${and(eq(pointsLogs.userId, userId), or(isPosted, eq(orders.state, "PENDING")))}`;
  const inOrder = sql`order by at, delta < 0, kind, cause_id rows unbounded preceding`;
  const totals = sql`select entries.*, sum(delta) over (${inOrder}) as total from (${entries}) as entries`;
  const moves = sql`select totals.*, (case when delta > 0 and not ends then 0
    else greatest(total, 0) - greatest(total - delta, 0) end) as moved from (${totals}) as totals`;
  const course = sql`select moved, sum(moved) over (${inOrder}) as ending from (${moves}) as moves`;
  return sql`(select coalesce(sum(moved) - least(0, min(ending)), 0) from (${course}) as course)`;
}

/** An account, with what has come to its end by a moment and when something ends next. One snapshot. */
export function lookAtAccount(db: Database, userId: string, moment: Date) {
  const entry = and(eq(pointsLogs.userId, pointsAccounts.userId), isPosted);
  return db
    .select({
      balance: pointsAccounts.balance,
      held: pointsAccounts.held,
      clawed: pointsAccounts.clawed,
      version: pointsAccounts.version,
      ended: sql<number>`${endedPoints(userId, moment)}`.mapWith(Number),
      nextEnd: sql`(select min(${pointsLogs.expiresAt}) from ${pointsLogs}
        where ${and(entry, gt(pointsLogs.expiresAt, moment))})`.mapWith(pointsLogs.expiresAt),
    })
    .from(pointsAccounts)
    .where(eq(pointsAccounts.userId, userId));
}

/** The last entry of a kind that took effect. */
export function lastPosted(db: Database, userId: string, kind: PointsKind) {
  return db
    .select()
    .from(pointsLogs)
    .where(and(eq(pointsLogs.userId, userId), eq(pointsLogs.kind, kind), isPosted))
    .orderBy(desc(pointsLogs.postedAt), desc(pointsLogs.causeId))
    .limit(1);
}
