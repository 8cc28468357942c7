/** A process of its own for seeds: everything runs here but the database server. Answers its parent seed by seed. */
import type { SeedResult } from "./run-seed.ts";

/** What the parent sends first. */
export interface WorkerOptions {
  readonly mysqlUrl: string;
  readonly database: string;
  readonly keysFile: string;
  /** A bug to be planted into the shop's source. */
  readonly plant: string | undefined;
}

export type ToWorker = { readonly open: WorkerOptions } | { readonly seed: string };
export type FromWorker = { readonly ready: true } | { readonly result: SeedResult } | { readonly failure: string };

type Run = (seed: string) => Promise<SeedResult>;

let run: Run | undefined;

process.on("message", (message: ToWorker) => {
  handle(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? (error.stack ?? "") : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

async function handle(message: ToWorker): Promise<FromWorker> {
  if ("open" in message) {
    run = await open(message.open);
    return { ready: true };
  }
  if (!run) throw new Error("a seed came before anything was opened");
  return { result: await run(message.seed) };
}

/** Takes time and chance over, and plants the bug, before the shop's modules are loaded. */
async function open(options: WorkerOptions): Promise<Run> {
  const { takeOver } = await import("./engine/take-over.ts");
  takeOver();
  if (options.plant !== undefined) (await import("./plants/plant.ts")).plant(options.plant);
  const { openGround } = await import("./ground.ts");
  const { runSeed } = await import("./run-seed.ts");
  const ground = await openGround(options);
  return (seed) => runSeed(seed, ground);
}
