/** Histograms: how many things took how long, by stretches of time. */
import { BUCKETS, type BucketKind } from "../../../db/statements/histograms.ts";
import type { FlowRow } from "./flow-rows.ts";

export interface Histogram {
  /** The upper ends of the stretches in milliseconds; one more has no end. */
  readonly ends: readonly number[];
  /** How many lie in each stretch; one more than there are ends. */
  readonly counts: readonly number[];
  readonly n: number;
  readonly sumMs: number;
}

export function histogramOf(kind: BucketKind, rows: readonly FlowRow[]): Histogram {
  const ends: readonly number[] = BUCKETS[kind];
  const counts = [...ends, Number.POSITIVE_INFINITY].map((_, bucket) =>
    rows.filter((row) => row.bucket === bucket).reduce((sum, row) => sum + row.n, 0),
  );
  const n = counts.reduce((sum, count) => sum + count, 0);
  return { ends, counts, n, sumMs: rows.reduce((sum, row) => sum + row.sumMs, 0) };
}

/**
 * Below which time a share of all things lies, in milliseconds, as if they were spread evenly within each stretch. What
 * lies beyond the last end counts as that end. Null when there is nothing.
 */
export function quantile({ ends, counts, n }: Histogram, share: number): number | null {
  if (n === 0) return null;
  const rank = share * n;
  let before = 0;
  for (const [bucket, count] of counts.entries()) {
    const end = ends[bucket];
    if (end === undefined) break;
    if (count > 0 && before + count >= rank) {
      const start = ends[bucket - 1] ?? 0;
      return Math.round(start + ((end - start) * (rank - before)) / count);
    }
    before += count;
  }
  return ends.at(-1) ?? null;
}
