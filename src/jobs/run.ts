import { noteJobRuns } from "../../db/statements/job-runs.ts";
import { type PaymentContext, presentOf } from "../payments/context.ts";
import { type JobContext, RowTally } from "./each.ts";
import { expireOrders } from "./expire-orders.ts";
import { expirePoints } from "./expire-points.ts";
import { watchStock } from "./low-stock.ts";
import { purge } from "./purge.ts";
import { reconcileBills } from "./reconcile.ts";
import { renewKeys } from "./renew-keys.ts";
import { synchroniseAttempts, synchroniseRefunds } from "./synchronise.ts";
import { synchroniseFreezes, synchroniseOperations } from "./synchronise-pre-authorisations.ts";
import { synchroniseTransfers } from "./synchronise-transfers.ts";
import { addUpFigures, compareStock } from "./watch-figures.ts";

/** How many rows a job takes on at a time. */
const ROWS_AT_A_TIME = 50;

/** After this long every job has had its turns; the next run goes on. */
const RUN_MILLISECONDS = 40_000;

type Job = (ctx: JobContext, limit: number) => Promise<number>;

const JOBS = {
  keys: renewKeys,
  orders: expireOrders,
  attempts: synchroniseAttempts,
  refunds: synchroniseRefunds,
  transfers: synchroniseTransfers,
  freezes: synchroniseFreezes,
  freezeOperations: synchroniseOperations,
  points: expirePoints,
  stock: watchStock,
  shelves: compareStock,
  bills: reconcileBills,
  figures: addUpFigures,
  purge,
} satisfies Record<string, Job>;

export type JobName = keyof typeof JOBS;

export const JOB_NAMES: readonly JobName[] = Object.keys(JOBS).filter(isJobName);

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

/** A job of a run: how many rows it has taken on, how they fared, and whether there may be more. */
interface Turn {
  readonly name: JobName;
  readonly job: Job;
  readonly tally: RowTally;
  rows: number;
  isDone: boolean;
  hasFailed: boolean;
}

/** How many rows each job has taken on. */
export type JobRows = Readonly<Partial<Record<JobName, number>>>;

/**
 * Everything that is done on schedule, or the jobs that are named, until nothing is due. The jobs take turns, a batch each,
 * and every job has its first turn whatever the others take. Any number of runs at once do no harm. Throws the first
 * failure of a job once all have had their turns; rows that failed are in the log, and in what is written down of the run.
 */
export async function runJobs(ctx: PaymentContext, names: readonly JobName[] = JOB_NAMES): Promise<JobRows> {
  const startedAt = presentOf(ctx);
  const until = ctx.now() + RUN_MILLISECONDS;
  const failures: unknown[] = [];
  const turns: Turn[] = [...new Set(names)].map((name) => ({
    name,
    job: JOBS[name],
    tally: new RowTally(),
    rows: 0,
    isDone: false,
    hasFailed: false,
  }));
  do {
    for (const turn of turns.filter(({ isDone }) => !isDone)) await take(ctx, turn, failures);
  } while (turns.some(({ isDone }) => !isDone) && ctx.now() < until);
  for (const { name, rows } of turns) if (rows > 0) ctx.log.info("job.done", { job: name, rows });
  await writeDown(ctx, turns, startedAt);
  if (failures.length > 0) throw failures[0];
  return Object.fromEntries(turns.map(({ name, rows }) => [name, rows]));
}

/** Rows put themselves off before they are worked on, so that a full batch is followed by other rows. */
async function take(ctx: PaymentContext, turn: Turn, failures: unknown[]): Promise<void> {
  try {
    const batch = await turn.job({ ...ctx, tally: turn.tally }, ROWS_AT_A_TIME);
    turn.rows += batch;
    turn.isDone = batch < ROWS_AT_A_TIME;
  } catch (error) {
    ctx.log.error("job.failed", error, { job: turn.name });
    failures.push(error);
    turn.hasFailed = true;
    turn.isDone = true;
  }
}

/**
 * Whoever watches sees by this that the jobs run. One whose rows have all failed got nothing done, and counts as failed. A
 * run that could not say so has run all the same.
 */
async function writeDown(ctx: PaymentContext, turns: readonly Turn[], startedAt: Date): Promise<void> {
  const finishedAt = presentOf(ctx);
  const runs = turns.map(({ name, hasFailed, tally }) => {
    return { name, startedAt, finishedAt, ok: !hasFailed && !tally.hasFailed };
  });
  try {
    await noteJobRuns(ctx.db, runs);
  } catch (error) {
    ctx.log.error("job_runs.lost", error);
  }
}
