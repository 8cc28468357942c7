import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUCKETS } from "../../../db/statements/histograms.ts";
import type { FlowRow } from "../../../src/payments/figures/flow-rows.ts";
import { histogramOf, quantile } from "../../../src/payments/figures/histogram.ts";

const row = (bucket: number, n: number): FlowRow => ({
  ...{ figure: "call", provider: "wechat", name: "create", outcome: "ok" },
  ...{ bucket, n, sumMs: 0 },
});

describe("a percentile", () => {
  it("lies where it would if times were spread evenly within each stretch", () => {
    const even = histogramOf("calls", [row(0, 50), row(1, 50)]);
    expect([0.25, 0.5, 0.75, 1].map((share) => quantile(even, share))).toEqual([25, 50, 75, 100]);
  });

  it("of nothing is null, and beyond the last end is that end", () => {
    expect(quantile(histogramOf("calls", []), 0.5)).toBeNull();
    expect(quantile(histogramOf("calls", [row(BUCKETS.calls.length, 3)]), 0.99)).toBe(BUCKETS.calls.at(-1));
  });

  it("is never further from the true one than the stretch that it lies in", () => {
    const ends: readonly number[] = BUCKETS.delays;
    const bucketOf = (ms: number) => {
      const found = ends.findIndex((end) => ms <= end);
      return found < 0 ? ends.length : found;
    };
    const times = fc.array(fc.integer({ min: 0, max: 86_400_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (all, share) => {
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
        const found =
          quantile(
            histogramOf(
              "delays",
              all.map((ms) => row(bucketOf(ms), 1)),
            ),
            share,
          ) ?? -1;
        const bucket = bucketOf(exact);
        expect(found).toBeGreaterThanOrEqual(ends[bucket - 1] ?? 0);
        expect(found).toBeLessThanOrEqual(ends[bucket] ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});
