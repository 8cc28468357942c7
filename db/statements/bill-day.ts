/**
 * Days of bills. Each statement names the state that it leaves and a count that it moves on, so that of many runs one gets
 * further, and a repeat does nothing.
 */
import { and, asc, desc, eq, gte, inArray, lte, type SQL, sql } from "drizzle-orm";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { type BillDayState, billDays as days, billDifferences as differences } from "../schema/bills.ts";

export type BillDay = typeof days.$inferSelect;
export type BillDayKey = Pick<BillDay, "provider" | "billDate">;

function isDay({ provider, billDate }: BillDayKey): SQL | undefined {
  return and(eq(days.provider, provider), eq(days.billDate, billDate));
}

/** Writes a day whose bill is to be fetched. Returns false when it is there. */
export function insertBillDay(db: Database, day: BillDayKey, now: Date): Promise<boolean> {
  const nothing = { loads: 0, loadNo: 0, previousLoadNo: 0, entryCount: 0, steps: 0, checks: 0 };
  const row = { ...day, ...nothing, state: "WAITING" as const, waitingSince: now, nextCheckAt: now };
  return insertOnce(() => db.insert(days).values(row));
}

export function findBillDay(db: Database, day: BillDayKey) {
  return db.select().from(days).where(isDay(day));
}

/** The newest day that there is of a provider. */
export function newestBillDay(db: Database, provider: ProviderName) {
  return db.select().from(days).where(eq(days.provider, provider)).orderBy(desc(days.billDate)).limit(1);
}

/** Days from one to another, both included. */
export function billDaysBetween(db: Database, provider: ProviderName, from: string, to: string) {
  return db
    .select()
    .from(days)
    .where(and(eq(days.provider, provider), gte(days.billDate, from), lte(days.billDate, to)))
    .orderBy(asc(days.billDate));
}

/** Days in some states on which there is something to do, the longest due first. */
export function dueBillDays(db: Database, states: readonly BillDayState[], now: Date, limit: number) {
  return db
    .select()
    .from(days)
    .where(and(lte(days.nextCheckAt, now), inArray(days.state, [...states])))
    .orderBy(asc(days.nextCheckAt))
    .limit(limit);
}

/** WAITING or given up LOADING → LOADING under the next number, until which time nobody else begins. */
export function beginLoad(db: Database, day: BillDay, now: Date, until: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days} set ${days.state} = 'LOADING', ${days.loads} = ${day.loads + 1}, ${days.nextCheckAt} = ${until}
      where ${and(isDay(day), inArray(days.state, ["WAITING", "LOADING"]), eq(days.loads, day.loads), lte(days.nextCheckAt, now))}`,
  );
}

/** LOADING → COMPARING, once the whole bill is there under the number that `day` carries. */
export function finishLoad(db: Database, day: BillDay, entryCount: number, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days}
      set ${days.state} = 'COMPARING', ${days.loadNo} = ${day.loads}, ${days.previousLoadNo} = ${day.loadNo},
          ${days.entryCount} = ${entryCount}, ${days.position} = null, ${days.steps} = 0, ${days.checks} = 0,
          ${days.nextCheckAt} = ${now}
      where ${isLoading(day)}`,
  );
}

/** LOADING → WAITING, as there was no bill to be had or it was not whole. */
export function putOffLoad(db: Database, day: BillDay, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days}
      set ${days.state} = 'WAITING', ${days.checks} = ${day.checks + 1}, ${days.nextCheckAt} = ${nextCheckAt}
      where ${isLoading(day)}`,
  );
}

/** LOADING → UNAVAILABLE. */
export function giveUpLoad(db: Database, day: BillDay): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days} set ${days.state} = 'UNAVAILABLE', ${days.nextCheckAt} = null where ${isLoading(day)}`,
  );
}

function isLoading(day: BillDay): SQL | undefined {
  return and(isDay(day), eq(days.state, "LOADING"), eq(days.loads, day.loads));
}

/** Takes one step of the comparison as done. Others leave it alone until the time that is named. */
export function advanceComparison(db: Database, day: BillDay, position: string, until: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days} set ${days.position} = ${position}, ${days.steps} = ${day.steps + 1}, ${days.nextCheckAt} = ${until}
      where ${isComparing(day)}`,
  );
}

/** COMPARING → COMPARED. */
export function finishComparison(db: Database, day: BillDay, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days} set ${days.state} = 'COMPARED', ${days.checks} = 0, ${days.nextCheckAt} = ${now}
      where ${isComparing(day)}`,
  );
}

function isComparing(day: BillDay): SQL | undefined {
  const isSameStep = and(eq(days.loadNo, day.loadNo), eq(days.steps, day.steps));
  return and(isDay(day), eq(days.state, "COMPARING"), isSameStep);
}

/** COMPARED → DONE, unless a difference is still to be looked into. */
export function finishBillDay(db: Database, day: BillDay, now: Date): Promise<number> {
  const unsettled = sql`select 1 from ${differences} where ${and(
    eq(differences.provider, day.provider),
    eq(differences.billDate, day.billDate),
    inArray(differences.state, ["OPEN", "PARKED"]),
  )}`;
  return runGuarded(
    db,
    sql`update ${days} set ${days.state} = 'DONE', ${days.doneAt} = ${now}, ${days.nextCheckAt} = null
      where ${and(isCompared(day), sql`not exists (${unsettled})`)}`,
  );
}

/** Looks at a COMPARED day later. */
export function putOffBillDay(db: Database, day: BillDay, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days} set ${days.checks} = ${day.checks + 1}, ${days.nextCheckAt} = ${nextCheckAt}
      where ${and(isCompared(day), eq(days.checks, day.checks))}`,
  );
}

function isCompared(day: BillDay): SQL | undefined {
  return and(isDay(day), eq(days.state, "COMPARED"), eq(days.loadNo, day.loadNo));
}

/** Has a day's bill fetched anew, or at once when it is waited for. Matches nothing while it is loaded or compared. */
export function restartBillDay(db: Database, day: BillDayKey, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${days}
      set ${days.state} = 'WAITING', ${days.waitingSince} = ${now}, ${days.nextCheckAt} = ${now}, ${days.checks} = 0
      where ${and(isDay(day), inArray(days.state, ["WAITING", "COMPARED", "DONE", "UNAVAILABLE"]))}`,
  );
}
