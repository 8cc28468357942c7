/** Counters up to a moment: written once, read with what has happened since. */
import { desc, eq, lt, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { figureTotals as totals } from "../schema/figures.ts";

export type TotalsRow = typeof totals.$inferSelect;

/** The newest moment, `by` or earlier, up to which is counted; undefined when there is none. */
export async function newestTotals(db: Database, by: Date): Promise<Date | undefined> {
  const [row] = await db
    .select({ at: totals.at })
    .from(totals)
    .where(lte(totals.at, by))
    .orderBy(desc(totals.at))
    .limit(1);
  return row?.at;
}

/** What had been counted up to a moment, in the columns of flows. */
export function totalsAt(at: Date): SQL {
  return sql`select ${totals.figure}, ${totals.provider}, ${totals.name}, ${totals.outcome}, ${totals.bucket},
    ${totals.n}, ${totals.sumMs} as sum_ms from ${totals} where ${eq(totals.at, at)}`;
}

/** Writes the counters of a moment. Returns false when they are there: whoever counts them comes to the same. */
export function insertTotals(db: Database, rows: readonly TotalsRow[]): Promise<boolean> {
  return insertOnce(() => db.insert(totals).values([...rows]));
}

/** Deletes the counters of moments before one. */
export function deleteTotalsBefore(db: Database, before: Date): Promise<number> {
  return runGuarded(db, sql`delete from ${totals} where ${lt(totals.at, before)}`);
}
