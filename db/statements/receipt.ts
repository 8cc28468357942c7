/** Money beside its order as statements: it is applied after all, or somebody decides what else becomes of it. */
import { and, eq, inArray, isNotNull, isNull, lt, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { fen } from "../../src/money.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, type Disposition, type UnappliedPolicy } from "../schema/payments.ts";
import { pointsAccounts, pointsLogs } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";
import { nextCause } from "./foresee.ts";
import { refusedByCheck } from "./order.ts";
import { lookBy, usable } from "./points.ts";

const hold = alias(pointsLogs, "hold");
const earn = alias(pointsLogs, "earn");

/** Money as whoever decides on it has read it: with another policy, somebody else has decided since. */
export interface SeenReceipt {
  readonly outTradeNo: string;
  readonly policy: UnappliedPolicy;
}

function isStill({ outTradeNo, policy }: SeenReceipt): SQL | undefined {
  return and(eq(attempts.outTradeNo, outTradeNo), eq(attempts.disposition, "UNAPPLIED"), eq(attempts.policy, policy));
}

/** The order that the money is applied to, as it was read. */
export interface TargetOrder {
  readonly state: "PENDING" | "CLOSED";
  readonly generation: number;
  /** What its stock and points entries are for. */
  readonly cause: string;
}

/**
 * Applies money that stands beside its order, in one statement: attempt APPLIED, order PAID, points taken and given, sale
 * entries posted, pieces gone. An order that was CLOSED opens again for it, in its next generation: it holds nothing any
 * more, so that pieces and points have to be free. Returns rows matched; 0 means that something of what it asks for is not
 * so, or was done before. Throws CheckRefused when pieces don't suffice; then nothing has changed.
 * At `lookAt` the money is looked at again, and what is to follow has been done by then or is done then.
 */
export function applyReceipt(
  db: Database,
  receipt: SeenReceipt,
  order: TargetOrder,
  { now, lookAt }: { readonly now: Date; readonly lookAt: Date },
): Promise<number> {
  const reopens = order.state === "CLOSED";
  const { onHand, reserved } = inventoryItems;
  const taken = sql`coalesce(${hold.points}, 0)`;
  return runGuarded(
    db,
    sql`update ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      left join ${pointsLogs} as ${hold}
        on ${and(eq(hold.userId, orders.userId), eq(hold.kind, "HOLD"), eq(hold.causeId, order.cause), ne(hold.state, "POSTED"))}
      left join ${pointsLogs} as ${earn}
        on ${and(eq(earn.userId, orders.userId), eq(earn.kind, "EARN"), eq(earn.causeId, order.cause), ne(earn.state, "POSTED"))}
      left join ${pointsAccounts}
        on ${and(eq(pointsAccounts.userId, orders.userId), or(isNotNull(hold.userId), isNotNull(earn.userId)))}
      left join ${inventoryLogs}
        on ${and(eq(inventoryLogs.orderId, orders.id), eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.causeId, order.cause), ne(inventoryLogs.state, "POSTED"))}
      left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${attempts.disposition} = 'APPLIED', ${attempts.policy} = null, ${attempts.nextCheckAt} = ${lookAt},
          ${attempts.checks} = 0,
          ${orders.state} = 'PAID', ${orders.generation} = ${orders.generation} + ${reopens ? 1 : 0},
          ${orders.paidAt} = ${attempts.paidAt}, ${orders.paidBy} = ${attempts.outTradeNo},
          ${orders.closedAt} = null, ${orders.nextCheckAt} = null,
          ${hold.state} = 'POSTED', ${hold.postedAt} = ${now}, ${earn.state} = 'POSTED', ${earn.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} - ${taken} + coalesce(${earn.points}, 0),
          ${pointsAccounts.held} = ${pointsAccounts.held} - ${reopens ? 0 : taken},
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1,
          ${pointsAccounts.nextCheckAt} = ${lookBy(sql`${earn.expiresAt}`)},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${onHand} = ${onHand} - ${inventoryLogs.quantity} - ${reopens ? refusedByCheck : 0},
          ${reserved} = ${reserved} - ${reopens ? 0 : inventoryLogs.quantity}
      where ${and(
        isStill(receipt),
        ne(attempts.unappliedReason, "GONE_BACK"),
        eq(attempts.received, orders.amount),
        eq(attempts.refunding, fen(0)),
        eq(attempts.refunded, fen(0)),
        eq(orders.state, order.state),
        eq(orders.generation, order.generation),
        or(eq(orders.lineCount, 0), isNotNull(inventoryItems.sku)),
        or(eq(orders.pointsToUse, 0), isNotNull(hold.userId)),
        or(and(isNull(hold.userId), isNull(earn.userId)), isNotNull(pointsAccounts.userId)),
        reopens ? or(isNull(hold.userId), sql`${usable} >= ${hold.points}`) : undefined,
      )}`,
  );
}

/** What becomes of money instead. */
export interface Decision {
  readonly disposition: Exclude<Disposition, "APPLIED">;
  readonly policy: UnappliedPolicy;
  /** When a job goes on with it; null for never. */
  readonly nextCheckAt: Date | null;
}

/**
 * Decides what becomes of money beside its order, and voids what was foreseen for opening that order again. Money that is
 * going back can't be written off or applied, nor money written off that has. Returns rows matched; 0 means that somebody else has decided.
 */
export function decideReceipt(db: Database, seen: SeenReceipt, decision: Decision, now: Date): Promise<number> {
  const { disposition, policy, nextCheckAt } = decision;
  const mustRest = disposition === "WRITTEN_OFF" || policy === "APPLY" ? eq(attempts.refunding, fen(0)) : undefined;
  const mustBeThere = disposition === "WRITTEN_OFF" ? lt(attempts.refunded, attempts.received) : undefined;
  return runGuarded(
    db,
    sql`update ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      left join ${pointsLogs}
        on ${and(eq(pointsLogs.userId, orders.userId), inArray(pointsLogs.kind, ["HOLD", "EARN"]), eq(pointsLogs.causeId, nextCause), eq(pointsLogs.state, "PENDING"))}
      left join ${inventoryLogs}
        on ${and(eq(inventoryLogs.orderId, orders.id), eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.causeId, nextCause), eq(inventoryLogs.state, "PENDING"))}
      set ${attempts.disposition} = ${disposition}, ${attempts.policy} = ${policy},
          ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0,
          ${pointsLogs.state} = 'VOIDED', ${pointsLogs.postedAt} = ${now},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now}
      where ${and(isStill(seen), mustRest, mustBeThere)}`,
  );
}

/** Ends the watch over money that was written off. */
export function endWatch(db: Database, outTradeNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.nextCheckAt} = null
      where ${and(eq(attempts.outTradeNo, outTradeNo), eq(attempts.disposition, "WRITTEN_OFF"))}`,
  );
}
