/** The five figures that the shop watches, over a window of time that ends now. */
import { sql } from "drizzle-orm";
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import { endsIn, type FlowName, readFlows, timesIn } from "../../../db/statements/flows.ts";
import type { BucketKind } from "../../../db/statements/histograms.ts";
import type { PaymentContext } from "../context.ts";
import { within } from "../within.ts";
import { type FlowRow, flowRowsOf, type Labels, seriesOf } from "./flow-rows.ts";
import { type Histogram, histogramOf, quantile } from "./histogram.ts";
import { readStanding, type Standing } from "./standing.ts";

/** The windows that one may ask for, in minutes. */
export const WINDOWS = [5, 15, 60, 360, 1440] as const;
export type WindowMinutes = (typeof WINDOWS)[number];

/** Whoever watches gives up sooner than a database that has gone is known to have. */
const ANSWER_WITHIN_MS = 4000;

/** Attempts that came to an end, each under its last end. `unapplied` money came and did not pay its order. */
export interface Ends {
  readonly paid: number;
  readonly unapplied: number;
  /** Refused by the provider. */
  readonly failed: number;
  /** Closed without having been paid. */
  readonly closed: number;
  /** Those whose money came, of all; null when none has ended. */
  readonly rate: number | null;
}

/** How long something took. In milliseconds, null when there was none; percentiles to within their stretch. */
export interface Times extends Omit<Labels, "figure"> {
  readonly count: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Figures extends Standing {
  readonly from: Date;
  readonly to: Date;
  readonly success: {
    readonly attempts: Ends;
    readonly byMethod: readonly (Ends & Pick<Labels, "provider" | "name">)[];
    /** `rate`: orders that were paid, of all that were paid or closed. */
    readonly orders: { readonly paid: number; readonly closed: number; readonly rate: number | null };
  };
  readonly response: { readonly create: readonly Times[]; readonly calls: readonly Times[] };
  readonly callbacks: {
    /** From what a callback tells of to our books. */
    readonly delay: readonly Times[];
    /** From a callback's arrival to its end. */
    readonly processing: readonly Times[];
    /** From the buyer's payment to our books, however we heard of it. */
    readonly booking: readonly Times[];
  };
}

/** Reads them, in two round trips at once. Throws DatabaseUnavailable, after four seconds at the latest. */
export async function readFigures(
  ctx: PaymentContext,
  minutes: WindowMinutes,
  jobs: readonly string[],
): Promise<Figures> {
  const to = new Date(ctx.now());
  const from = new Date(to.getTime() - minutes * 60_000);
  const statement = sql.join([endsIn({ from }), ...timesIn({ from })], sql` union all `);
  const [flows, standing] = await inTime(
    Promise.all([read(() => readFlows(ctx.db, statement)), readStanding(ctx, jobs)]),
  );
  return { from, to, ...standing, ...flowFigures(flowRowsOf(flows)) };
}

/** The result of a look at the database, or DatabaseUnavailable when it takes too long. */
export async function inTime<T extends object>(work: Promise<T>): Promise<T> {
  const result = await within(ANSWER_WITHIN_MS, work);
  if (result === undefined) throw new DatabaseUnavailable("the database did not answer in time");
  return result;
}

function flowFigures(rows: readonly FlowRow[]): Pick<Figures, "success" | "response" | "callbacks"> {
  return {
    success: successOf(rows),
    response: { create: timesOf(rows, "create", "calls"), calls: timesOf(rows, "call", "calls") },
    callbacks: {
      delay: timesOf(rows, "callback", "delays"),
      processing: timesOf(rows, "processing", "calls"),
      booking: timesOf(rows, "booking", "delays"),
    },
  };
}

/** How attempts and orders ended, of the rows of endsIn. */
export function successOf(rows: readonly FlowRow[]): Figures["success"] {
  const ended = rows.filter(({ figure }) => figure === "last_ended");
  return { attempts: endsOf(ended), byMethod: byMethod(ended), orders: orderEnds(rows) };
}

function byMethod(ended: readonly FlowRow[]): Figures["success"]["byMethod"] {
  const methods = [...new Map(ended.map(({ provider, name }) => [name, { provider, name }])).values()];
  return methods.map((method) => ({ ...method, ...endsOf(ended.filter(({ name }) => name === method.name)) }));
}

function endsOf(ended: readonly FlowRow[]): Ends {
  const count = (outcome: string) => sumOf(ended.filter((row) => row.outcome === outcome));
  const ends = {
    paid: count("paid"),
    unapplied: count("unapplied"),
    failed: count("failed"),
    closed: count("closed"),
  };
  return { ...ends, rate: share(ends.paid + ends.unapplied, sumOf(ended)) };
}

/** Every order that was paid was paid by one attempt. */
function orderEnds(rows: readonly FlowRow[]): Figures["success"]["orders"] {
  const paid = sumOf(rows.filter(({ figure, outcome }) => figure === "last_ended" && outcome === "paid"));
  const closed = sumOf(rows.filter(({ figure }) => figure === "closed_orders"));
  return { paid, closed, rate: share(paid, paid + closed) };
}

function timesOf(rows: readonly FlowRow[], figure: FlowName, kind: BucketKind): Times[] {
  return seriesOf(rows, figure).map(({ provider, name, outcome, rows: own }) => {
    return { provider, name, outcome, ...summary(histogramOf(kind, own)) };
  });
}

function summary(histogram: Histogram): Omit<Times, keyof Labels> {
  const { n: count, sumMs } = histogram;
  return {
    count,
    meanMs: count === 0 ? null : Math.round(sumMs / count),
    p50Ms: quantile(histogram, 0.5),
    p95Ms: quantile(histogram, 0.95),
    p99Ms: quantile(histogram, 0.99),
  };
}

function sumOf(rows: readonly FlowRow[]): number {
  return rows.reduce((sum, { n }) => sum + n, 0);
}

function share(part: number, all: number): number | null {
  return all === 0 ? null : part / all;
}
