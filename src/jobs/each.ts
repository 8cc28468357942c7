import type { PaymentContext } from "../payments/context.ts";

/** Does something for each row. One row's failure is logged and leaves the others alone. Returns how many succeeded. */
export async function eachApart<T>(
  ctx: PaymentContext,
  what: string,
  rows: readonly T[],
  work: (row: T) => Promise<unknown>,
): Promise<number> {
  let done = 0;
  for (const row of rows) {
    try {
      await work(row);
      done++;
    } catch (error) {
      ctx.log.error("job.row_failed", error, { what });
    }
  }
  return done;
}
