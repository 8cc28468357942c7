/** What the books say was paid and given back within a time, and whether a bill lists it. A page at a time. */
import { and, asc, eq, gt, gte, like, lt, or, type SQL, sql, sum } from "drizzle-orm";
import type { MySqlColumn } from "drizzle-orm/mysql-core";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { Database } from "../client.ts";
import { billDays as days, billEntries as entries } from "../schema/bills.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { preAuthorisationOperations as operations } from "../schema/pre-authorisations.ts";
import { isCurrent, isListed } from "./bill-entry.ts";

/** From a moment, included, to another, excluded. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** The row that a page begins behind. */
export interface OurPosition {
  readonly at: Date;
  readonly number: string;
}

/** The first condition is implied by the others; engines find the place in the index by it. */
function within(at: MySqlColumn, number: MySqlColumn, span: Span, after: OurPosition | undefined): SQL | undefined {
  const begun = after && or(gt(at, after.at), gt(number, after.number));
  return and(gte(at, after?.at ?? span.from), lt(at, span.to), begun);
}

/** Attempts that have succeeded. */
export function ourPayments(
  db: Database,
  provider: ProviderName,
  span: Span,
  after: OurPosition | undefined,
  limit: number,
) {
  return db
    .select({
      number: attempts.outTradeNo,
      outTradeNo: attempts.outTradeNo,
      at: attempts.paidAt,
      amount: attempts.received,
      listed: isListed(provider, "payment", sql`${attempts.outTradeNo}`),
    })
    .from(attempts)
    .where(
      and(
        eq(attempts.provider, provider),
        eq(attempts.state, "SUCCESS"),
        within(attempts.paidAt, attempts.outTradeNo, span, after),
      ),
    )
    .orderBy(asc(attempts.paidAt), asc(attempts.outTradeNo))
    .limit(limit);
}

/**
 * The number that bills list a refund by. What others gave back without one is listed by the payment's, and has a number here
 * that was made up of it.
 */
const numberInBills = sql`(case when ${refunds.origin} = 'EXTERNAL'
  and ${refunds.outRefundNo} like concat(${refunds.outTradeNo}, '-%') then ${refunds.outTradeNo} else ${refunds.outRefundNo} end)`;

/** What others gave back of a payment without a number, in fen: as bills list it, and as the books have it. */
export async function unnumberedRefunds(
  db: Database,
  provider: ProviderName,
  { orderId, outTradeNo }: { readonly orderId: string; readonly outTradeNo: string },
): Promise<{ readonly billed: number; readonly booked: number }> {
  const isUnnumbered = or(eq(refunds.outRefundNo, outTradeNo), like(refunds.outRefundNo, `${outTradeNo}-%`));
  const isBooked = and(
    eq(refunds.orderId, orderId),
    eq(refunds.outTradeNo, outTradeNo),
    eq(refunds.origin, "EXTERNAL"),
  );
  const isBilled = and(eq(entries.provider, provider), eq(entries.kind, "refund"), eq(entries.number, outTradeNo));
  const [[there], [here]] = await Promise.all([
    db
      .select({ total: sum(entries.amount) })
      .from(entries)
      .innerJoin(days, isCurrent)
      .where(isBilled),
    db
      .select({ total: sum(refunds.amount) })
      .from(refunds)
      .where(and(isBooked, isUnnumbered)),
  ]);
  return { billed: Number(there?.total ?? 0), booked: Number(here?.total ?? 0) };
}

/** Refunds that have succeeded. */
export function ourRefunds(
  db: Database,
  provider: ProviderName,
  span: Span,
  after: OurPosition | undefined,
  limit: number,
) {
  return db
    .select({
      number: refunds.outRefundNo,
      outTradeNo: refunds.outTradeNo,
      at: refunds.succeededAt,
      amount: refunds.amount,
      id: refunds.id,
      listed: isListed(provider, "refund", numberInBills),
    })
    .from(refunds)
    .where(
      and(
        eq(refunds.provider, provider),
        eq(refunds.state, "SUCCESS"),
        within(refunds.succeededAt, refunds.id, span, after),
      ),
    )
    .orderBy(asc(refunds.succeededAt), asc(refunds.id))
    .limit(limit);
}

/** Captures of frozen money that have succeeded: payments to the provider. */
export function ourCaptures(
  db: Database,
  provider: ProviderName,
  span: Span,
  after: OurPosition | undefined,
  limit: number,
) {
  return db
    .select({
      number: operations.number,
      outTradeNo: operations.number,
      at: operations.finishedAt,
      amount: operations.captures,
      listed: isListed(provider, "payment", sql`${operations.number}`),
    })
    .from(operations)
    .where(
      and(
        eq(operations.provider, provider),
        eq(operations.kind, "CAPTURE"),
        eq(operations.state, "SUCCESS"),
        within(operations.finishedAt, operations.number, span, after),
      ),
    )
    .orderBy(asc(operations.finishedAt), asc(operations.number))
    .limit(limit);
}

/** One that has succeeded, by its number: when it was begun and done. */
export function ourPayment(db: Database, provider: ProviderName, number: string) {
  return db
    .select({
      orderId: attempts.orderId,
      begunAt: attempts.paidAt,
      doneAt: attempts.paidAt,
      listed: isListed(provider, "payment", number),
    })
    .from(attempts)
    .where(and(eq(attempts.provider, provider), eq(attempts.outTradeNo, number), eq(attempts.state, "SUCCESS")));
}

/** The same of a capture. */
export function ourCapture(db: Database, provider: ProviderName, number: string) {
  return db
    .select({
      begunAt: operations.finishedAt,
      doneAt: operations.finishedAt,
      listed: isListed(provider, "payment", number),
    })
    .from(operations)
    .where(and(eq(operations.provider, provider), eq(operations.number, number), eq(operations.state, "SUCCESS")));
}

/** The same of a refund, which begins when it is decided upon. */
export function ourRefund(db: Database, provider: ProviderName, number: string) {
  return db
    .select({
      orderId: refunds.orderId,
      refundId: refunds.id,
      begunAt: sql<Date>`coalesce(${refunds.decidedAt}, ${refunds.createdAt})`.mapWith(refunds.createdAt),
      doneAt: refunds.succeededAt,
      listed: isListed(provider, "refund", numberInBills),
    })
    .from(refunds)
    .where(and(eq(refunds.provider, provider), eq(refunds.outRefundNo, number), eq(refunds.state, "SUCCESS")));
}
