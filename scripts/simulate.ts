/**
 * `npm run simulate -- --seeds 100 [--from 1]`: lets people, providers and jobs meet in the shop under seeded trouble, and
 * audits its books. `--verbose` prints timelines, `--plant NAME` plants a known bug, `--workers N` processes (default 2).
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Pool } from "../tests/simulation/pool.ts";
import { Report } from "../tests/simulation/report.ts";
import { claimFirst } from "./engine/owner.ts";
import { startEngine } from "./engine.ts";
import { LOCAL } from "./world.ts";

const FOLDERS = ["simulate", "simulate-2", "simulate-3", "simulate-4"].map((name) => join(LOCAL, name));

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    plant: { type: "string" },
    verbose: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  },
});
const from = whole("from", values.from);
const count = whole("seeds", values.seeds);
const workers = Math.min(count, whole("workers", values.workers));

const claim = await claimFirst(FOLDERS);
if (!claim) throw new Error(`${FOLDERS.length} simulations are going on already`);
const databaseUrl = process.env.DATABASE_URL;
const engine = await startEngine({
  local: LOCAL,
  folder: claim.folder,
  durability: "none",
  databaseUrl,
  say: console.log,
});
let stopping: Promise<void> | undefined;
const stop = (): Promise<void> => {
  stopping ??= engine.stop().then(claim.release);
  return stopping;
};
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stop().then(() => process.exit(1)));
}
try {
  const keysFile = join(claim.folder, "keys.json");
  const pool = await Pool.open({ mysqlUrl: engine.url, prefix: `simulation_${process.pid}`, keysFile, workers });
  const report = new Report(count, { verbose: values.verbose, plant: values.plant });
  const seeds = Array.from({ length: count }, (_, index) => String(from + index));
  // With a planted bug one catch is enough, unless all are wanted.
  const isEnough = () => values.plant !== undefined && !values.all && report.failed > 0;
  await pool.run(seeds, (result) => report.hear(result), values.plant, isEnough);
  await pool.close();
  report.sum();
  process.exitCode = report.failed > 0 ? 1 : 0;
} finally {
  await stop();
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`--${name} must be a whole number above 0, not ${JSON.stringify(text)}`);
  process.exit(2);
}
