import type { PaymentContext } from "../payments/context.ts";
import { expireOrders } from "./expire-orders.ts";
import { synchroniseAttempts, synchroniseRefunds } from "./synchronise.ts";

/** How many rows a job takes on in one run; the rest waits for the next. */
const ROWS_PER_RUN = 50;

/** Everything that is done on schedule. Any number of runs at once do no harm. */
export async function runJobs(ctx: PaymentContext): Promise<void> {
  const expired = await expireOrders(ctx, ROWS_PER_RUN);
  const attempts = await synchroniseAttempts(ctx, ROWS_PER_RUN);
  const refunds = await synchroniseRefunds(ctx, ROWS_PER_RUN);
  if (expired + attempts + refunds > 0) ctx.log.info("jobs.done", { expired, attempts, refunds });
}
