/** Lines of bills beside what the books say of the same numbers, a page at a time. */
import { and, asc, count, eq, gt, gte, inArray, lt, not, notInArray, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { BillEntry, BillEntryKind } from "../../src/providers/bill.ts";
import { PROVIDERS, type ProviderName } from "../../src/providers/methods.ts";
import type { Database } from "../client.ts";
import { read, runGuarded } from "../run.ts";
import { billDays, billEntries as entries } from "../schema/bills.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { preAuthorisationOperations as operations } from "../schema/pre-authorisations.ts";
import type { BillDay, BillDayKey } from "./bill-day.ts";

/** Writes lines of the load that `day` carries, the first of them the `from`th. Those that are there stay as they are. */
export async function insertBillEntries(
  db: Database,
  day: BillDay,
  lines: readonly BillEntry[],
  from: number,
): Promise<void> {
  const { provider, billDate, loads: loadNo } = day;
  const rows = lines.map((line, index) => ({ provider, billDate, loadNo, line: from + index, ...line }));
  const unchanged = { loadNo: sql`${entries.loadNo}` };
  await read(() => db.insert(entries).values(rows).onDuplicateKeyUpdate({ set: unchanged }));
}

/** How many lines the load has that `day` carries. */
export async function countBillEntries(db: Database, day: BillDay): Promise<number> {
  const [found] = await read(() => db.select({ lines: count() }).from(entries).where(isOfLoad(day, day.loads)));
  return found?.lines ?? 0;
}

/** Deletes lines that an earlier load of this day has left. Returns how many, up to the limit. */
export function deleteOlderBillEntries(db: Database, day: BillDay, limit: number): Promise<number> {
  const { provider, billDate, loadNo } = day;
  const isOlder = and(eq(entries.provider, provider), eq(entries.billDate, billDate), lt(entries.loadNo, loadNo));
  return runGuarded(db, sql`delete from ${entries} where ${isOlder} order by ${IN_ORDER} limit ${limit}`);
}

/** Deletes lines of bills from before a day, unless they are being compared. Returns how many, up to the limit. */
export function deleteBillEntriesBefore(db: Database, date: string, limit: number): Promise<number> {
  const isOfDay = and(eq(billDays.provider, entries.provider), eq(billDays.billDate, entries.billDate));
  const isNeeded = sql`exists (select 1 from ${billDays} where ${isOfDay} and ${notInArray(billDays.state, ["DONE", "UNAVAILABLE"])})`;
  const isOld = and(inArray(entries.provider, [...PROVIDERS]), lt(entries.billDate, date), not(isNeeded));
  return runGuarded(db, sql`delete from ${entries} where ${isOld} order by ${IN_ORDER} limit ${limit}`);
}

const IN_ORDER = sql.join(
  [entries.provider, entries.billDate, entries.loadNo, entries.kind, entries.number, entries.providerNo, entries.line],
  sql`, `,
);

function isOfLoad({ provider, billDate }: BillDayKey, loadNo: number): SQL | undefined {
  return and(eq(entries.provider, provider), eq(entries.billDate, billDate), eq(entries.loadNo, loadNo));
}

/** Where a page begins: behind a line, or with exactly one. */
export type EntryStart =
  | { readonly after: { readonly number: string; readonly providerNo: string } | undefined }
  | { readonly only: { readonly number: string; readonly providerNo: string } };

/**
 * A page of a day's lines of one kind, in the order of their numbers. Lines of the same numbers are one: what they add up to,
 * and as far along as the one that is furthest.
 */
function entryPage(db: Database, day: BillDay, kind: BillEntryKind, start: EntryStart, limit: number) {
  const { provider, billDate, loadNo, number, providerNo } = entries;
  return db
    .select({
      ...{ provider, billDate, kind: entries.kind, number, providerNo },
      outTradeNo: sql`max(${entries.outTradeNo})`.mapWith(entries.outTradeNo).as("line_out_trade_no"),
      amount: sql`sum(${entries.amount})`.mapWith(entries.amount).as("line_amount"),
      fee: sql`sum(${entries.fee})`.mapWith(feeOrNone).as("line_fee"),
      status: sql`max(${entries.status})`.mapWith(entries.status).as("line_status"),
      at: sql`min(${entries.at})`.mapWith(entries.at).as("line_at"),
    })
    .from(entries)
    .where(and(isOfLoad(day, day.loadNo), eq(entries.kind, kind), beginningAt(start)))
    .groupBy(provider, billDate, loadNo, entries.kind, number, providerNo)
    .orderBy(asc(number), asc(providerNo))
    .limit(limit)
    .as("page");
}

/** The first condition is implied by the second; engines find the place in the index by it. */
function beginningAt(start: EntryStart): SQL | undefined {
  if ("only" in start) {
    return and(eq(entries.number, start.only.number), eq(entries.providerNo, start.only.providerNo));
  }
  if (!start.after) return undefined;
  const { number, providerNo } = start.after;
  return and(gte(entries.number, number), or(gt(entries.number, number), gt(entries.providerNo, providerNo)));
}

type EntryPage = ReturnType<typeof entryPage>;

/** Engines give sums as text; null stays null. */
function feeOrNone(sum: unknown): number | null {
  return Number(sum);
}

const earlier = alias(entries, "earlier");

/** The fee of the same lines as the bill had them when it was fetched before; null when it had none. */
function earlierFee(page: EntryPage, day: BillDay): SQL<number | null> {
  const isEarlier = and(
    eq(earlier.provider, page.provider),
    eq(earlier.billDate, page.billDate),
    eq(earlier.loadNo, day.previousLoadNo),
    eq(earlier.kind, page.kind),
    eq(earlier.number, page.number),
    eq(earlier.providerNo, page.providerNo),
  );
  return sql`(select sum(${earlier.fee}) from ${entries} as ${earlier} where ${isEarlier})`.mapWith(feeOrNone);
}

const entryColumns = (page: EntryPage) => ({
  kind: page.kind,
  number: page.number,
  providerNo: page.providerNo,
  outTradeNo: page.outTradeNo,
  amount: page.amount,
  fee: page.fee,
  status: page.status,
  at: page.at,
});

const attemptColumns = {
  outTradeNo: attempts.outTradeNo,
  orderId: attempts.orderId,
  provider: attempts.provider,
  providerTradeNo: attempts.providerTradeNo,
  state: attempts.state,
  received: attempts.received,
  unappliedReason: attempts.unappliedReason,
};

/** Payments of a bill, with the attempt or the capture of frozen money that has the number. */
export function paymentPairs(db: Database, day: BillDay, start: EntryStart, limit: number) {
  const page = entryPage(db, day, "payment", start, limit);
  return db
    .select({
      entry: entryColumns(page),
      attempt: attemptColumns,
      capture: { number: operations.number, state: operations.state, amount: operations.captures },
      earlierFee: earlierFee(page, day),
    })
    .from(page)
    .leftJoin(attempts, eq(attempts.outTradeNo, page.number))
    .leftJoin(
      operations,
      and(eq(operations.number, page.number), eq(operations.provider, page.provider), eq(operations.kind, "CAPTURE")),
    )
    .orderBy(asc(page.number), asc(page.providerNo));
}

/** Refunds of a bill, with the record that has the number, and the attempt that the money had come by. */
export function refundPairs(db: Database, day: BillDay, start: EntryStart, limit: number) {
  const page = entryPage(db, day, "refund", start, limit);
  return db
    .select({
      entry: entryColumns(page),
      refund: { id: refunds.id, orderId: refunds.orderId, state: refunds.state, amount: refunds.amount },
      attempt: attemptColumns,
      earlierFee: earlierFee(page, day),
    })
    .from(page)
    .leftJoin(
      refunds,
      and(
        eq(refunds.provider, page.provider),
        eq(refunds.outRefundNo, page.number),
        eq(refunds.outTradeNo, page.outTradeNo),
      ),
    )
    .leftJoin(attempts, eq(attempts.outTradeNo, page.outTradeNo))
    .orderBy(asc(page.number), asc(page.providerNo));
}

/** A line of the load that its day goes by. */
export const isCurrent: SQL | undefined = and(
  eq(billDays.provider, entries.provider),
  eq(billDays.billDate, entries.billDate),
  eq(billDays.loadNo, entries.loadNo),
);

/** Whether the bill of any day lists a number. To be used inside of another query, or alone. */
export function isListed(provider: ProviderName, kind: BillEntryKind, number: SQL | string): SQL<number> {
  return sql<number>`exists (
    select 1 from ${entries}
    inner join ${billDays} on ${isCurrent}
    where ${and(eq(entries.provider, provider), eq(entries.kind, kind))} and ${entries.number} = ${number})`;
}
