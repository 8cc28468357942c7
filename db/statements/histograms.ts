/** How long things take, sorted into stretches of time. */
import { type SQL, sql } from "drizzle-orm";

/** The upper ends of the stretches in milliseconds, each included. One more stretch has no end. */
export const BUCKETS = {
  /** What callers wait for. */
  calls: [50, 100, 250, 500, 1000, 1500, 2000, 2500, 3000, 5000, 10_000],
  /** What arrives from elsewhere, at once or after days of repeats. */
  delays: [1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000],
} as const satisfies Record<string, readonly number[]>;

export type BucketKind = keyof typeof BUCKETS;

/** In which stretch a number of milliseconds lies, from 0 on. Takes columns from this folder's code only. */
export function bucketOf(kind: BucketKind, milliseconds: string): SQL {
  const arms = BUCKETS[kind].map((end, index) => `when ${milliseconds} <= ${end} then ${index}`);
  return sql.raw(`(case ${arms.join(" ")} else ${BUCKETS[kind].length} end)`);
}

/** Milliseconds from one moment to another, which another clock may have put before it. */
export function millisecondsBetween(from: string, to: string): string {
  return `greatest(0, timestampdiff(microsecond, ${from}, ${to}) div 1000)`;
}
