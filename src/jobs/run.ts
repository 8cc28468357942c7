import type { PaymentContext } from "../payments/context.ts";
import { expireOrders } from "./expire-orders.ts";
import { expirePoints } from "./expire-points.ts";
import { watchStock } from "./low-stock.ts";
import { purge } from "./purge.ts";
import { reconcileBills } from "./reconcile.ts";
import { renewKeys } from "./renew-keys.ts";
import { synchroniseAttempts, synchroniseRefunds } from "./synchronise.ts";
import { synchroniseFreezes, synchroniseOperations } from "./synchronise-pre-authorisations.ts";
import { synchroniseTransfers } from "./synchronise-transfers.ts";

/** How many rows a job takes on at a time. */
const ROWS_AT_A_TIME = 50;

/** After this long every job has had its turns; the next run goes on. */
const RUN_MILLISECONDS = 40_000;

type Job = (ctx: PaymentContext, limit: number) => Promise<number>;

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
  bills: reconcileBills,
  purge,
} satisfies Record<string, Job>;

export type JobName = keyof typeof JOBS;

export const JOB_NAMES: readonly JobName[] = Object.keys(JOBS).filter(isJobName);

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

/** A job of a run: how many rows it has taken on, and whether there may be more. */
interface Turn {
  readonly name: JobName;
  readonly job: Job;
  rows: number;
  isDone: boolean;
}

/** How many rows each job has taken on. */
export type JobRows = Readonly<Partial<Record<JobName, number>>>;

/**
 * Everything that is done on schedule, or the jobs that are named, until nothing is due. The jobs take turns, a batch each,
 * and every job has its first turn whatever the others take. Any number of runs at once do no harm. Throws the first
 * failure once all have had their turns.
 */
export async function runJobs(ctx: PaymentContext, names: readonly JobName[] = JOB_NAMES): Promise<JobRows> {
  const until = ctx.now() + RUN_MILLISECONDS;
  const failures: unknown[] = [];
  const turns: Turn[] = [...new Set(names)].map((name) => ({ name, job: JOBS[name], rows: 0, isDone: false }));
  do {
    for (const turn of turns.filter(({ isDone }) => !isDone)) await take(ctx, turn, failures);
  } while (turns.some(({ isDone }) => !isDone) && ctx.now() < until);
  for (const { name, rows } of turns) if (rows > 0) ctx.log.info("job.done", { job: name, rows });
  if (failures.length > 0) throw failures[0];
  return Object.fromEntries(turns.map(({ name, rows }) => [name, rows]));
}

/** Rows put themselves off before they are worked on, so that a full batch is followed by other rows. */
async function take(ctx: PaymentContext, turn: Turn, failures: unknown[]): Promise<void> {
  try {
    const batch = await turn.job(ctx, ROWS_AT_A_TIME);
    turn.rows += batch;
    turn.isDone = batch < ROWS_AT_A_TIME;
  } catch (error) {
    ctx.log.error("job.failed", error, { job: turn.name });
    failures.push(error);
    turn.isDone = true;
  }
}
