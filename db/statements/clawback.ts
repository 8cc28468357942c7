/** Earned points go with the money that earned them: what the statements over a refund's books share for that. */
import { and, eq, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Database } from "../client.ts";
import { insertOnce } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { refundRecords as refunds } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";

/** The entry that takes earned points back. */
export const claw = alias(pointsLogs, "claw");
const earned = alias(pointsLogs, "earned");
/** The order as it is until the statement has ended: nothing is assigned by this name. */
const before = alias(orders, "before_refund");

/** An order that was opened again for late money earns under its generation. */
const earningCause = sql`(case when ${orders.generation} = 0 then ${orders.id}
  else concat(${orders.id}, '#', ${orders.generation}) end)`;

const earnedByOrder = and(
  eq(earned.userId, orders.userId),
  eq(earned.kind, "EARN"),
  eq(earned.causeId, earningCause),
  eq(earned.state, "POSTED"),
);

const clawOfRefund = and(eq(claw.userId, refunds.userId), eq(claw.kind, "CLAWBACK"), eq(claw.causeId, refunds.id));

/** What the order earned and the refund's entry for it, in a state; after refund, attempt and order. */
export function clawbackBooks(...states: readonly ("PENDING" | "VOIDED")[]): SQL {
  const inState = or(...states.map((state) => eq(claw.state, state)));
  return sql`
    left join ${orders} as ${before} on ${eq(before.id, orders.id)}
    left join ${pointsLogs} as ${earned} on ${earnedByOrder}
    left join ${pointsLogs} as ${claw} on ${and(clawOfRefund, inState)}`;
}

/** Nothing was earned, or the entry that takes it back is there. */
export const clawbackPresent: SQL | undefined = or(isNull(earned.userId), isNotNull(claw.userId));

/**
 * The points that a refund takes back: as many as all refunds of the order together have to, less what those before it
 * took. Rounded like this their sum is never off by more than a fraction of a point, and nothing is left of it after the last.
 */
export const clawedPoints = sql`coalesce(
  cast(${earned.points} as decimal(40)) * (${before.refunded} + ${refunds.amount}) div ${before.amount}
  - cast(${earned.points} as decimal(40)) * ${before.refunded} div ${before.amount}, 0)`;

/** Posts the entry with the points that it comes to; one of a refund too small for a whole point is voided. */
export function postClawback(now: Date): SQL {
  return sql`${claw.state} = (case when ${clawedPoints} > 0 then 'POSTED' else 'VOIDED' end),
    ${claw.points} = greatest(${clawedPoints}, 1), ${claw.postedAt} = ${now}`;
}

/**
 * Writes the PENDING entry that takes earned points back with a refund, if its order has earned any. How many, the
 * statement that applies the refund says: others may go before it. Harmless to repeat, and nothing is written once the
 * refund is in another state.
 */
export async function insertClawback(
  db: Database,
  refundId: string,
  state: "REQUESTED" | "CLOSED",
  now: Date,
): Promise<void> {
  await insertOnce(() =>
    db.execute(
      sql`insert into ${pointsLogs} (user_id, kind, cause_id, order_id, points, state, created_at)
        select ${refunds.userId}, 'CLAWBACK', ${refunds.id}, ${refunds.orderId}, greatest(1,
          cast(${earned.points} as decimal(40)) * ${refunds.amount} div ${orders.amount}), 'PENDING', ${now}
        from ${refunds}
        inner join ${orders} on ${eq(orders.id, refunds.orderId)}
        inner join ${pointsLogs} as ${earned} on ${earnedByOrder}
        where ${and(eq(refunds.id, refundId), eq(refunds.applied, true), eq(refunds.state, state))}`,
    ),
  );
}
