/** A fixed set of seeds keeps every promise; a seed is always the same; and a shop with a known bug is caught. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { BUGS } from "./plants/bugs.ts";
import { Pool } from "./pool.ts";
import type { SeedResult } from "./run-seed.ts";

const SEEDS = Array.from({ length: 20 }, (_, index) => String(index + 1));
/** One with faults of every kind. */
const TWICE = "9";
const MOST_TRIES = 60;
const LIMIT_MS = 300_000;

let folder: string;
let pool: Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulation-"));
  const keysFile = join(folder, "keys.json");
  pool = await Pool.open({ mysqlUrl: inject("mysqlUrl"), prefix: `simulation_${process.pid}`, keysFile, workers: 2 });
}, LIMIT_MS);

afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

/** Runs seeds; with a planted bug until one catches it. */
async function run(seeds: readonly string[], plant?: string): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  const isCaught = () => plant !== undefined && results.some(({ broken }) => broken.length > 0);
  await pool.run(seeds, (result) => results.push(result), plant, isCaught);
  return results;
}

/** The seeds behind one. */
function others(seed: number): string[] {
  return Array.from({ length: MOST_TRIES }, (_, index) => String(seed + index + 1));
}

describe("the shop", () => {
  it(
    "keeps its promises in whatever order things go right and wrong",
    async () => {
      const results = await run(SEEDS);
      expect(results).toHaveLength(SEEDS.length);
      expect(results.filter(({ broken }) => broken.length > 0).map(({ seed, broken }) => ({ seed, broken }))).toEqual(
        [],
      );
      expect(results.reduce((sum, { databaseTrips }) => sum + databaseTrips, 0)).toBeGreaterThan(10_000);
    },
    LIMIT_MS,
  );
});

describe("a seed", () => {
  it(
    "means the same in every process",
    async () => {
      const [first, second] = await run([TWICE, TWICE]);
      expect(first?.timeline.length).toBeGreaterThan(200);
      expect(second?.timeline).toEqual(first?.timeline);
    },
    LIMIT_MS,
  );
});

describe("a planted bug is caught", () => {
  it.concurrent.each(BUGS)(
    "$name",
    async ({ name, seed }) => {
      const known = await run([String(seed)], name);
      const isCaught = known.some(({ broken }) => broken.length > 0);
      // A change of the shop may have made another story of the seed that was known to catch it.
      const results = isCaught ? known : await run(others(seed), name);
      expect(results.flatMap(({ broken }) => broken)).not.toEqual([]);
    },
    LIMIT_MS,
  );
});
