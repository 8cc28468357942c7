/**
 * Counters since counting began. What happened up to a moment is added up once, by a job; what has happened since then is
 * counted when somebody asks. So the answer is the same wherever it is given, holds the last second, and costs the same
 * however much is stored.
 */
import { type SQL, sql } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import {
  deleteTotalsBefore,
  insertTotals,
  newestTotals,
  type TotalsRow,
  totalsAt,
} from "../../../db/statements/figure-totals.ts";
import { eventsIn, readFlows } from "../../../db/statements/flows.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { flowRowsOf, MARK } from "./flow-rows.ts";

const MINUTE = 60_000;

/** Totals are written for every fifth minute. */
const STEP = 5 * MINUTE;

/**
 * No event is written later than this after it happened: what is older is complete. The latest are calls for bills, which
 * count from when they were sent and are written once the bill has been read and compared. A bill is read for five minutes
 * at most, and the platform ends a scheduled run after fifteen.
 */
const COMPLETE_AFTER = 15 * MINUTE;

/** As much is added up at a time, and counted where nothing has been added up yet. */
const MOST_AT_A_TIME = 24 * 60 * MINUTE;

/** Totals that are older than this are of no use to anybody. */
const KEPT_FOR = 60 * MINUTE;

/** Up to when has been added up; undefined when that has never been done. Throws DatabaseUnavailable. */
export function addedUpTo(ctx: PaymentContext): Promise<Date | undefined> {
  return read(() => newestTotals(ctx.db, presentOf(ctx)));
}

/** Selects everything counted, up to the last row, as flows are. */
export function countedNow(ctx: PaymentContext, at: Date | undefined): SQL {
  if (!at) return eventsIn({ from: earlier(lastComplete(ctx), MOST_AT_A_TIME) });
  return sql`${totalsAt(at)} union all ${eventsIn({ from: at })}`;
}

/**
 * Adds up what has happened up to the last complete moment. Safe to repeat and to do at once in several places: everybody
 * comes to the same rows, which are written once. Returns how many moments it has moved on.
 */
export async function addUp(ctx: PaymentContext): Promise<number> {
  const complete = lastComplete(ctx);
  const at = await read(() => newestTotals(ctx.db, complete));
  const to = at ? new Date(Math.min(complete.getTime(), at.getTime() + MOST_AT_A_TIME)) : complete;
  if (at && at >= to) return 0;
  const between = eventsIn({ from: at ?? earlier(to, MOST_AT_A_TIME), to });
  const statement = at ? sql`${totalsAt(at)} union all ${between}` : between;
  const rows = flowRowsOf(await read(() => readFlows(ctx.db, statement)));
  await insertTotals(ctx.db, [mark(to), ...rows.map((row) => ({ at: to, ...row }))]);
  await deleteTotalsBefore(ctx.db, earlier(to, KEPT_FOR));
  return 1;
}

/** Without it a moment before which nothing happened would look as if nobody had counted. */
function mark(at: Date): TotalsRow {
  return { at, figure: MARK, provider: "", name: "", outcome: "", bucket: 0, n: 0, sumMs: 0 };
}

function lastComplete(ctx: PaymentContext): Date {
  return new Date(Math.floor((ctx.now() - COMPLETE_AFTER) / STEP) * STEP);
}

function earlier(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() - milliseconds);
}
