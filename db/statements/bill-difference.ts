/** Where bills and books differ, and what became of it. */
import { and, asc, count, eq, gt, inArray, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { read, runGuarded } from "../run.ts";
import { type DifferenceState, billDifferences as differences } from "../schema/bills.ts";
import type { BillDay, BillDayKey } from "./bill-day.ts";

export type DifferenceRow = typeof differences.$inferSelect;

/** Writes differences, to be looked into now. Those that are on record stay as they are. */
export async function insertDifferences(db: Database, found: readonly NewDifference[], now: Date): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((each) => ({ ...each, state: "OPEN" as const, createdAt: now, nextCheckAt: now, checks: 0 }));
  const unchanged = { provider: sql`${differences.provider}` };
  await read(() => db.insert(differences).values(rows).onDuplicateKeyUpdate({ set: unchanged }));
}

export type NewDifference = Pick<
  DifferenceRow,
  "id" | "provider" | "billDate" | "kind" | "number" | "providerNo" | "difference" | "outTradeNo" | "detail"
>;

/** Has the settled differences of a day looked into again, after its bill has been fetched anew. */
export function reopenDifferences(db: Database, day: BillDay, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${differences} set ${differences.state} = 'OPEN', ${differences.nextCheckAt} = ${now}, ${differences.checks} = 0
      where ${and(isOfDay(day), inArray(differences.state, ["HEALED", "REPORTED", "UNJUDGED"]))}`,
  );
}

export function dueDifferences(db: Database, now: Date, limit: number) {
  return db
    .select()
    .from(differences)
    .where(lte(differences.nextCheckAt, now))
    .orderBy(asc(differences.nextCheckAt))
    .limit(limit);
}

/** Puts off the next look at a difference. Returns 0 for all but one of those who look at the same time. */
export function postponeDifference(db: Database, { id, checks }: DifferenceRow, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${differences} set ${differences.checks} = ${checks + 1}, ${differences.nextCheckAt} = ${nextCheckAt}
      where ${and(eq(differences.id, id), eq(differences.checks, checks), isUnsettled())}`,
  );
}

/** OPEN → PARKED. */
export function parkDifference(db: Database, id: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${differences} set ${differences.state} = 'PARKED' where ${and(eq(differences.id, id), isUnsettled())}`,
  );
}

/** OPEN or PARKED → an end. When it was first reported stays. */
export function settleDifference(
  db: Database,
  { id, reportedAt }: DifferenceRow,
  state: Exclude<DifferenceState, "OPEN" | "PARKED">,
  now: Date,
): Promise<number> {
  const reported = state === "REPORTED" ? (reportedAt ?? now) : reportedAt;
  return runGuarded(
    db,
    sql`update ${differences}
      set ${differences.state} = ${state}, ${differences.reportedAt} = ${reported}, ${differences.settledAt} = ${now},
          ${differences.nextCheckAt} = null
      where ${and(eq(differences.id, id), isUnsettled())}`,
  );
}

function isUnsettled(): SQL | undefined {
  return inArray(differences.state, ["OPEN", "PARKED"]);
}

function isOfDay({ provider, billDate }: BillDayKey): SQL | undefined {
  return and(eq(differences.provider, provider), eq(differences.billDate, billDate));
}

/** How many differences a day has in each state. */
export function countDifferences(db: Database, day: BillDayKey) {
  return db
    .select({ state: differences.state, found: count() })
    .from(differences)
    .where(isOfDay(day))
    .groupBy(differences.state);
}

/** A page of a day's differences, in the order in which they were found. */
export function differencesOf(
  db: Database,
  day: BillDayKey,
  page: { readonly state?: DifferenceState | undefined; readonly after?: string | undefined; readonly limit: number },
) {
  const { state, after, limit } = page;
  return db
    .select()
    .from(differences)
    .where(
      and(
        isOfDay(day),
        state && eq(differences.state, state),
        after === undefined ? undefined : gt(differences.id, after),
      ),
    )
    .orderBy(asc(differences.id))
    .limit(limit);
}
