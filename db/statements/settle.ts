/** Settlement as statements: a provider's money is applied to its order, or recorded beside it. */
import { and, eq, gte, inArray, isNotNull, isNull, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { type Fen, fen } from "../../src/money.ts";
import { CANCELLED_METHODS, type PaymentMethod, type ProviderName } from "../../src/providers/methods.ts";
import type { Receipt } from "../../src/providers/trade.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, type UnappliedPolicy, type UnappliedReason } from "../schema/payments.ts";
import { pointsAccounts, pointsLogs } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";
import { lookBy, usable } from "./points.ts";

const hold = alias(pointsLogs, "hold");
const pay = alias(pointsLogs, "pay");
const earn = alias(pointsLogs, "earn");

/** Money earns points; points don't. */
const earns = sql`(${earn.userId} is not null and ${pointsAccounts.userId} is not null and ${attempts.provider} <> 'points')`;

/** Names an attempt as its provider does: what one provider says never moves an attempt of another. */
export interface AttemptKey {
  readonly provider: ProviderName;
  readonly outTradeNo: string;
  /** The methods that share the application which was named: an attempt by another one is not meant. */
  readonly methods: readonly PaymentMethod[];
}

/** The attempt that a provider speaks of. */
export function isMeant({ provider, outTradeNo, methods }: AttemptKey): SQL | undefined {
  return and(
    eq(attempts.outTradeNo, outTradeNo),
    eq(attempts.provider, provider),
    inArray(attempts.method, [...methods]),
  );
}

/** The attempt is not one whose money a cancel may be giving back, or has given back. */
const notBeingCancelled: SQL | undefined = or(
  notInArray(attempts.method, [...CANCELLED_METHODS]),
  inArray(attempts.state, ["CREATED", "PENDING"]),
);

/**
 * Settles an order by the money of one attempt, in one statement: attempt SUCCESS and applied, order PAID, held and
 * paid points taken, earned ones given, sale entries posted, pieces gone. Returns rows matched; 0 means that something of what it
 * asks for is not so, or was done before. Throws CheckRefused when the books can't take it; then nothing has changed.
 * A payment that is being cancelled is settled with `confirmAt` alone, the time of another look at its money.
 */
export function settleAttempt(
  db: Database,
  attempt: AttemptKey,
  receipt: Receipt,
  now: Date,
  confirmAt: Date | null = null,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts}
      inner join ${orders} on ${eq(orders.id, attempts.orderId)}
      left join ${pointsLogs} as ${hold}
        on ${and(eq(hold.userId, orders.userId), eq(hold.kind, "HOLD"), eq(hold.causeId, orders.id), eq(hold.state, "PENDING"))}
      left join ${pointsLogs} as ${pay}
        on ${and(eq(pay.userId, orders.userId), eq(pay.kind, "PAY"), eq(pay.causeId, attempts.outTradeNo), eq(pay.state, "PENDING"))}
      left join ${pointsLogs} as ${earn}
        on ${and(eq(earn.userId, orders.userId), eq(earn.kind, "EARN"), eq(earn.causeId, orders.id), eq(earn.state, "PENDING"))}
      left join ${pointsAccounts}
        on ${and(eq(pointsAccounts.userId, orders.userId), or(isNotNull(hold.userId), isNotNull(pay.userId), isNotNull(earn.userId)))}
      left join ${inventoryLogs}
        on ${and(eq(inventoryLogs.orderId, orders.id), eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.state, "PENDING"))}
      left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${attempts.state} = 'SUCCESS', ${attempts.disposition} = 'APPLIED',
          ${attempts.providerTradeNo} = ${receipt.providerTradeNo}, ${attempts.received} = ${receipt.amount},
          ${attempts.paidAt} = ${receipt.paidAt}, ${attempts.bookedAt} = ${now},
          ${attempts.nextCheckAt} = ${confirmAt}, ${attempts.checks} = 0,
          ${orders.state} = 'PAID', ${orders.paidAt} = ${receipt.paidAt}, ${orders.paidBy} = ${attempt.outTradeNo},
          ${orders.nextCheckAt} = null,
          ${hold.state} = 'POSTED', ${hold.postedAt} = ${now}, ${pay.state} = 'POSTED', ${pay.postedAt} = ${now},
          ${earn.state} = (case when ${earns} then 'POSTED' else 'VOIDED' end), ${earn.postedAt} = ${now},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} - coalesce(${hold.points}, 0) - coalesce(${pay.points}, 0)
            + (case when ${earns} then ${earn.points} else 0 end),
          ${pointsAccounts.held} = ${pointsAccounts.held} - coalesce(${hold.points}, 0),
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1,
          ${pointsAccounts.nextCheckAt} = ${lookBy(sql`(case when ${earns} then ${earn.expiresAt} end)`)},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} - ${inventoryLogs.quantity},
          ${inventoryItems.reserved} = ${inventoryItems.reserved} - ${inventoryLogs.quantity}
      where ${and(
        isMeant(attempt),
        ne(attempts.state, "SUCCESS"),
        confirmAt === null ? notBeingCancelled : undefined,
        eq(attempts.amount, receipt.amount),
        eq(orders.state, "PENDING"),
        or(eq(orders.lineCount, 0), isNotNull(inventoryItems.sku)),
        or(eq(orders.pointsToUse, 0), isNotNull(hold.userId)),
        or(ne(attempts.provider, "points"), isNotNull(pay.userId)),
        or(isNull(pay.userId), sql`${usable} >= ${pay.points}`),
        or(and(isNull(hold.userId), isNull(pay.userId)), isNotNull(pointsAccounts.userId)),
      )}`,
  );
}

/** Money whose number at its provider may not be known. */
export type SeenMoney = Omit<Receipt, "providerTradeNo"> & { readonly providerTradeNo: string | null };

/** Records money that can't be applied to its order: SUCCESS and unapplied, with what is to become of it. */
export function recordUnapplied(
  db: Database,
  outTradeNo: string,
  receipt: SeenMoney,
  verdict: { readonly reason: UnappliedReason; readonly policy: UnappliedPolicy },
  now: Date,
): Promise<number> {
  const nextCheckAt = verdict.policy === "HOLD" ? null : now;
  return runGuarded(
    db,
    sql`update ${attempts}
      set ${attempts.state} = 'SUCCESS', ${attempts.disposition} = 'UNAPPLIED',
          ${attempts.unappliedReason} = ${verdict.reason}, ${attempts.policy} = ${verdict.policy},
          ${attempts.providerTradeNo} = ${receipt.providerTradeNo}, ${attempts.received} = ${receipt.amount},
          ${attempts.paidAt} = ${receipt.paidAt}, ${attempts.bookedAt} = ${now},
          ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0
      where ${and(eq(attempts.outTradeNo, outTradeNo), ne(attempts.state, "SUCCESS"))}`,
  );
}

/** Ends the watch over money that has paid its order: it was still there after everything that could give it back. */
export function endConfirmation(db: Database, outTradeNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.nextCheckAt} = null
      where ${and(eq(attempts.outTradeNo, outTradeNo), eq(attempts.disposition, "APPLIED"))}`,
  );
}

/**
 * What has become of money that was to go back. `gone`: all of it has gone back, of which `elsewhere` (fen) by others than this
 * service; `held`: an operator has to decide.
 */
export type UnappliedEnding = { readonly kind: "gone"; readonly elsewhere: Fen } | { readonly kind: "held" };

/** Ends the watch over money that was to go back. It goes on while anything is on its way, or is left of what has gone. */
export function finishUnapplied(db: Database, outTradeNo: string, ending: UnappliedEnding): Promise<number> {
  const isGone = ending.kind === "gone";
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.nextCheckAt} = null, ${attempts.policy} = ${isGone ? "REFUND" : "HOLD"}
      where ${and(
        eq(attempts.outTradeNo, outTradeNo),
        eq(attempts.disposition, "UNAPPLIED"),
        eq(attempts.policy, "REFUND"),
        eq(attempts.refunding, fen(0)),
        isGone ? gte(sql`${attempts.refunded} + ${ending.elsewhere}`, attempts.received) : undefined,
      )}`,
  );
}
