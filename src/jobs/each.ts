import type { PaymentContext } from "../payments/context.ts";
import { writeProviderCalls } from "../payments/provider-calls.ts";

/** A Worker has six connections at a time; one is left to others. */
const AT_ONCE = 5;

/**
 * Does something for each row, a few at a time. One row's failure is logged and leaves the others alone. Returns how
 * many rows were taken on.
 */
export async function eachApart<T>(
  ctx: PaymentContext,
  what: string,
  rows: readonly T[],
  work: (row: T) => Promise<unknown>,
): Promise<number> {
  const waiting = rows.values();
  const worker = async () => {
    for (const row of waiting) {
      try {
        await work(row);
      } catch (error) {
        ctx.log.error("job.row_failed", error, { what });
      }
      await writeProviderCalls(ctx);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return rows.length;
}
