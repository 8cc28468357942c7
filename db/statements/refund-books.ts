/** Refunds as statements over all the books that they move: transaction, order, lines, points, pieces. */
import { and, eq, gte, inArray, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { Fen } from "../../src/money.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orderItems, orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsAccounts } from "../schema/points.ts";
import { inventoryItems, inventoryLogs } from "../schema/stock.ts";
import { claw, clawedPoints, postClawback } from "./clawback.ts";
import { lookBy, momentOf } from "./points.ts";
import { isAsSeen, type SeenRefund } from "./refund.ts";
import { back, entriesPresent, moneyPresent, part, refundBooks, returnEntries } from "./refund-joins.ts";

/** What a provider asks of the refunds of one payment, as of now. Null where it asks nothing. */
export interface ReservationRules {
  /** Fewer parts than this must be taken. */
  readonly parts: number | null;
  /** The payment must not be earlier than this. */
  readonly paidSince: Date | null;
}

/** Who decides, and when. */
export interface RefundDecision {
  readonly decidedBy: string;
  readonly now: Date;
  readonly nextCheckAt: Date;
  /** Whether it has to wait for its turn to be sent. */
  readonly waits?: boolean;
}

/** How a refund was divided, and what of its order had gone back or was on its way when that was thought out. */
export interface DividedRefund {
  readonly amount: Fen;
  readonly points: number;
  readonly goneMoney: Fen;
  readonly gonePoints: number;
}

/**
 * REQUESTED → CREATED: reserves the money, and one part, on its transaction and, when it had been applied, on the order
 * and the lines whose pieces come back. Returns rows matched; 0 means that it is decided already, that the money is not
 * there, that the provider's rules forbid it now, or that other refunds have gone before since it was divided. Throws
 * CheckRefused when order or lines don't have that much left; then nothing has changed.
 */
export function reserveRefund(
  db: Database,
  refundId: string,
  { decidedBy, now, nextCheckAt, waits = false }: RefundDecision,
  rules: ReservationRules,
  divided?: DividedRefund,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CREATED', ${refunds.decidedBy} = ${decidedBy}, ${refunds.decidedAt} = ${now},
          ${refunds.nextCheckAt} = ${nextCheckAt}, ${refunds.waitingSince} = ${waits ? now : null},
          ${attempts.refunding} = ${attempts.refunding} + ${refunds.amount},
          ${attempts.refundParts} = ${attempts.refundParts} + ${part},
          ${orders.refunding} = ${orders.refunding} + ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} + ${refunds.points},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} + ${inventoryLogs.quantity}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.state, "REQUESTED"),
        moneyPresent,
        divided && isDivided(divided),
        rules.parts === null ? undefined : lt(attempts.refundParts, rules.parts),
        rules.paidSince === null ? undefined : gte(attempts.paidAt, rules.paidSince),
        entriesPresent,
      )}`,
  );
}

function isDivided({ amount, points, goneMoney, gonePoints }: DividedRefund): SQL | undefined {
  return and(
    eq(refunds.amount, amount),
    eq(refunds.points, points),
    sql`${orders.refunded} + ${orders.refunding} = ${goneMoney}`,
    sql`${orders.pointsReturned} + ${orders.pointsReturning} = ${gonePoints}`,
  );
}

/** What a provider says of a refund that has succeeded. */
export interface RefundDone {
  readonly provider: ProviderName;
  /** The transaction it belongs to, where the provider says it: it must be the refund's. */
  readonly outTradeNo?: string;
  readonly providerRefundNo: string | null;
  /** In fen, where the provider says it: it must be the refund's. */
  readonly amount: Fen | null;
  readonly succeededAt: Date;
}

/**
 * CREATED, PROCESSING, ABNORMAL → SUCCESS: the money has gone back. Moves it from refunding to refunded on the
 * transaction and the order, gives points back, takes earned ones, and puts the returned pieces on the shelf. Returns rows
 * matched.
 */
export function applyRefund(db: Database, refundId: string, done: RefundDone, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks}
      left join ${pointsAccounts}
        on ${and(eq(pointsAccounts.userId, refunds.userId), or(isNotNull(back.userId), isNotNull(claw.userId)))}
      ${returnEntries}
      left join ${inventoryItems} on ${eq(inventoryItems.sku, inventoryLogs.sku)}
      set ${refunds.state} = 'SUCCESS', ${refunds.succeededAt} = ${done.succeededAt}, ${refunds.nextCheckAt} = null,
          ${refunds.providerRefundNo} = coalesce(${done.providerRefundNo}, ${refunds.providerRefundNo}),
          ${attempts.refunding} = ${attempts.refunding} - ${refunds.amount},
          ${attempts.refunded} = ${attempts.refunded} + ${refunds.amount},
          ${orders.refunding} = ${orders.refunding} - ${refunds.amount},
          ${orders.refunded} = ${orders.refunded} + ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} - ${refunds.points},
          ${orders.pointsReturned} = ${orders.pointsReturned} + ${refunds.points},
          ${back.state} = 'POSTED', ${back.postedAt} = ${now}, ${postClawback(now)},
          ${pointsAccounts.balance} = ${pointsAccounts.balance} + coalesce(${back.points}, 0),
          ${pointsAccounts.clawed} = ${pointsAccounts.clawed} + ${clawedPoints},
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1,
          ${pointsAccounts.nextCheckAt} = ${lookBy(sql`(case when ${claw.userId} is null then ${back.expiresAt} else ${momentOf(now)} end)`)},
          ${inventoryLogs.state} = 'POSTED', ${inventoryLogs.postedAt} = ${now},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} - ${inventoryLogs.quantity},
          ${orderItems.returnedQuantity} = ${orderItems.returnedQuantity} + ${inventoryLogs.quantity},
          ${inventoryItems.onHand} = ${inventoryItems.onHand} + ${inventoryLogs.quantity}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.provider, done.provider),
        done.outTradeNo === undefined ? undefined : eq(refunds.outTradeNo, done.outTradeNo),
        done.amount === null ? undefined : eq(refunds.amount, done.amount),
        inArray(refunds.state, ["CREATED", "PROCESSING", "ABNORMAL"]),
        entriesPresent,
        or(and(isNull(back.userId), isNull(claw.userId)), isNotNull(pointsAccounts.userId)),
      )}`,
  );
}

/** A release that is not the provider's word: the look that it follows must be the last one, and the watch goes on. */
export interface WatchedRelease {
  readonly seen: SeenRefund;
  readonly nextCheckAt: Date;
}

/**
 * CREATED, PROCESSING, ABNORMAL → CLOSED: the provider definitely gives nothing back under this number, or an operator
 * answers for it. Frees what was reserved on transaction, order and lines, the part too, and voids the refund's entries.
 * Returns rows matched.
 */
export function releaseRefund(
  db: Database,
  refundId: string,
  failureCode: string,
  now: Date,
  watched?: WatchedRelease,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CLOSED', ${refunds.failureCode} = ${failureCode.slice(0, 64)},
          ${refunds.nextCheckAt} = ${watched?.nextCheckAt ?? null}, ${refunds.waitingSince} = null,
          ${attempts.refunding} = ${attempts.refunding} - ${refunds.amount},
          ${attempts.refundParts} = greatest(${attempts.refundParts} - ${part}, 0),
          ${orders.refunding} = ${orders.refunding} - ${refunds.amount},
          ${orders.pointsReturning} = ${orders.pointsReturning} - ${refunds.points},
          ${back.state} = 'VOIDED', ${back.postedAt} = ${now}, ${claw.state} = 'VOIDED', ${claw.postedAt} = ${now},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now},
          ${orderItems.returningQuantity} = ${orderItems.returningQuantity} - ${inventoryLogs.quantity}
      where ${and(
        eq(refunds.id, refundId),
        inArray(refunds.state, ["CREATED", "PROCESSING", "ABNORMAL"]),
        watched && isAsSeen(watched.seen),
        entriesPresent,
      )}`,
  );
}

/** REQUESTED → CLOSED: declined, or impossible. Nothing had been reserved; the entries are voided. */
export function declineRefund(
  db: Database,
  refundId: string,
  decision: { readonly decidedBy: string; readonly failureCode: string },
  now: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds} ${refundBooks} ${returnEntries}
      set ${refunds.state} = 'CLOSED', ${refunds.failureCode} = ${decision.failureCode.slice(0, 64)},
          ${refunds.decidedBy} = ${decision.decidedBy}, ${refunds.decidedAt} = ${now}, ${refunds.nextCheckAt} = null,
          ${back.state} = 'VOIDED', ${back.postedAt} = ${now}, ${claw.state} = 'VOIDED', ${claw.postedAt} = ${now},
          ${inventoryLogs.state} = 'VOIDED', ${inventoryLogs.postedAt} = ${now}
      where ${and(eq(refunds.id, refundId), eq(refunds.state, "REQUESTED"))}`,
  );
}
