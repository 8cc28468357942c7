import type { PaymentContext } from "../payments/context.ts";
import { expireOrders } from "./expire-orders.ts";
import { renewKeys } from "./renew-keys.ts";
import { synchroniseAttempts, synchroniseRefunds } from "./synchronise.ts";
import { synchroniseFreezes, synchroniseOperations } from "./synchronise-pre-authorisations.ts";
import { synchroniseTransfers } from "./synchronise-transfers.ts";

/** How many rows a job takes on at a time. */
const ROWS_AT_A_TIME = 50;

/** After this long no more rows are taken on; the next run goes on. */
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

/** Everything that is done on schedule, until nothing is due. Any number of runs at once do no harm. */
export async function runJobs(ctx: PaymentContext): Promise<void> {
  const until = ctx.now() + RUN_MILLISECONDS;
  const failures: unknown[] = [];
  for (const [name, job] of Object.entries(JOBS)) {
    try {
      const rows = await runToTheEnd(ctx, job, until);
      if (rows > 0) ctx.log.info("job.done", { job: name, rows });
    } catch (error) {
      ctx.log.error("job.failed", error, { job: name });
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Rows put themselves off before they are worked on, so that a full batch is followed by other rows. */
async function runToTheEnd(ctx: PaymentContext, job: Job, until: number): Promise<number> {
  let rows = 0;
  for (let batch = ROWS_AT_A_TIME; batch === ROWS_AT_A_TIME && ctx.now() < until; rows += batch) {
    batch = await job(ctx, ROWS_AT_A_TIME);
  }
  return rows;
}
