import type { PaymentContext } from "../payments/context.ts";
import { expireOrders } from "./expire-orders.ts";
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
} satisfies Record<string, Job>;

/** A job of a run: how many rows it has taken on, and whether there may be more. */
interface Turn {
  readonly name: string;
  readonly job: Job;
  rows: number;
  isDone: boolean;
}

/**
 * Everything that is done on schedule, until nothing is due. The jobs take turns, a batch each, and every job has its first
 * turn whatever the others take. Any number of runs at once do no harm.
 */
export async function runJobs(ctx: PaymentContext): Promise<void> {
  const until = ctx.now() + RUN_MILLISECONDS;
  const failures: unknown[] = [];
  const turns: Turn[] = Object.entries(JOBS).map(([name, job]) => ({ name, job, rows: 0, isDone: false }));
  do {
    for (const turn of turns.filter(({ isDone }) => !isDone)) await take(ctx, turn, failures);
  } while (turns.some(({ isDone }) => !isDone) && ctx.now() < until);
  for (const { name, rows } of turns) if (rows > 0) ctx.log.info("job.done", { job: name, rows });
  if (failures.length > 0) throw failures[0];
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
