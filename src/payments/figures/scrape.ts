/** All figures for Prometheus. */
import { sql } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { endsIn, readFlows } from "../../../db/statements/flows.ts";
import type { Metric } from "../../telemetry/prometheus.ts";
import { inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { counterMetrics } from "./counter-metrics.ts";
import { flowRowsOf } from "./flow-rows.ts";
import { inTime, successOf } from "./read-figures.ts";
import { readStanding } from "./standing.ts";
import { stateMetrics } from "./state-metrics.ts";
import { addedUpTo, countedNow } from "./totals.ts";

/** How far back the gauges of what ended look. */
const LATELY_SECONDS = 3600;

/**
 * Reads everything anew, in three round trips of which two are at once: nothing is kept from one scrape to the next, so
 * that it does not matter who answers. Throws DatabaseUnavailable, after four seconds at the latest.
 */
export function scrape(ctx: PaymentContext, jobs: readonly string[]): Promise<Metric[]> {
  return inTime(readAll(ctx, jobs));
}

async function readAll(ctx: PaymentContext, jobs: readonly string[]): Promise<Metric[]> {
  const [at, standing] = await Promise.all([addedUpTo(ctx), readStanding(ctx, jobs)]);
  const statement = sql`${countedNow(ctx, at)} union all ${endsIn({ from: inSeconds(ctx, -LATELY_SECONDS) })}`;
  const rows = flowRowsOf(await read(() => readFlows(ctx.db, statement)));
  return [...stateMetrics({ success: successOf(rows), ...standing }, presentOf(ctx)), ...counterMetrics(rows)];
}
