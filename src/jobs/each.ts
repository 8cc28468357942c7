import type { PaymentContext } from "../payments/context.ts";
import { writeProviderCalls } from "../payments/provider-calls.ts";

/** A Worker has six connections at a time; one is left to others. */
const AT_ONCE = 5;

/** How the rows of a run have fared, by what they are. */
export class RowTally {
  readonly #byKind = new Map<string, { done: number; failed: number }>();

  count(what: string, outcome: "done" | "failed"): void {
    const counted = this.#byKind.get(what) ?? { done: 0, failed: 0 };
    counted[outcome] += 1;
    this.#byKind.set(what, counted);
  }

  /** Whether there is a kind of which there were rows and every one has failed. */
  get hasFailed(): boolean {
    return [...this.#byKind.values()].some(({ done, failed }) => failed > 0 && done === 0);
  }
}

/** What a job works with. In a run its rows are counted. */
export interface JobContext extends PaymentContext {
  readonly tally?: RowTally;
}

/**
 * Does something for each row, a few at a time. One row's failure is logged and counted, and leaves the others alone.
 * Returns how many rows were taken on.
 */
export async function eachApart<T>(
  ctx: JobContext,
  what: string,
  rows: readonly T[],
  work: (row: T) => Promise<unknown>,
): Promise<number> {
  const waiting = rows.values();
  const worker = async () => {
    for (const row of waiting) {
      try {
        await work(row);
        ctx.tally?.count(what, "done");
      } catch (error) {
        ctx.log.error("job.row_failed", error, { what });
        ctx.tally?.count(what, "failed");
      }
      await writeProviderCalls(ctx);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return rows.length;
}
