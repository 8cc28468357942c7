/** What the statements over a refund's books share: the rows that take part, and what must be there. */
import { and, eq, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { fen } from "../../src/money.ts";
import { orderItems, orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";
import { inventoryLogs } from "../schema/stock.ts";
import { clawbackBooks, clawbackPresent } from "./clawback.ts";

/** The entry that gives points back. */
export const back = alias(pointsLogs, "back");

/**
 * The refund's own books, locked in this order: refund, attempt, order, points entries, return entries by SKU. An order
 * that points paid alone has no attempt.
 */
export const refundBooks = sql`
  left join ${attempts} on ${eq(attempts.outTradeNo, refunds.outTradeNo)}
  left join ${orders} on ${and(eq(orders.id, refunds.orderId), eq(refunds.applied, true))}
  left join ${pointsLogs} as ${back}
    on ${and(eq(back.userId, refunds.userId), eq(back.kind, "REFUND"), eq(back.causeId, refunds.id), eq(back.state, "PENDING"))}
  ${clawbackBooks("PENDING")}`;

export const returnEntries = sql`
  left join ${inventoryLogs}
    on ${and(eq(inventoryLogs.orderId, refunds.orderId), eq(inventoryLogs.kind, "RETURN"), eq(inventoryLogs.causeId, refunds.id), eq(inventoryLogs.state, "PENDING"))}
  left join ${orderItems} on ${and(eq(orderItems.orderId, inventoryLogs.orderId), eq(orderItems.sku, inventoryLogs.sku))}`;

/** All the points that a refund gives back: those beside its money, and the money itself where points had paid it. */
const allPoints = sql`${refunds.points} + (case when ${refunds.provider} = 'points' then ${refunds.amount} else 0 end)`;

/** What moves is there: money in an attempt, pieces on every line, just so many points, and an entry for earned ones. */
export const entriesPresent: SQL | undefined = and(
  or(eq(refunds.amount, fen(0)), isNotNull(attempts.outTradeNo)),
  or(eq(refunds.lineCount, 0), isNotNull(orderItems.sku)),
  sql`coalesce(${back.points}, 0) = ${allPoints}`,
  clawbackPresent,
);

/** A refund without money is none of the parts that a provider counts. */
export const part = sql`(case when ${refunds.amount} > 0 then 1 else 0 end)`;

/** Nothing but points was paid, so that there is no attempt to take anything from. */
const paidByPointsAlone = and(isNull(attempts.outTradeNo), eq(orders.state, "PAID"), isNull(orders.paidBy));

/**
 * The money is still where it was when the refund was written down: it has paid the order, or stands beside it. What goes
 * back by itself does so only as long as that is to become of it.
 */
const moneyIsThere: SQL | undefined = and(
  or(
    and(eq(refunds.applied, true), eq(attempts.disposition, "APPLIED")),
    and(eq(refunds.applied, false), eq(attempts.disposition, "UNAPPLIED")),
  ),
  or(ne(refunds.origin, "AUTOMATIC"), eq(refunds.applied, true), eq(attempts.policy, "REFUND")),
);

/** All of a refund's money is there to be taken, and in the place that it is to be taken from. */
export const moneyPresent: SQL | undefined = or(
  paidByPointsAlone,
  and(
    eq(attempts.state, "SUCCESS"),
    moneyIsThere,
    sql`${attempts.refunded} + ${attempts.refunding} + ${refunds.amount} <= ${attempts.received}`,
  ),
);
