/** What a run of seeds says of itself: progress, every broken promise with its timeline, sums. */
import type { SeedResult } from "./run-seed.ts";

interface Options {
  readonly verbose: boolean;
  readonly plant: string | undefined;
}

const PROGRESS_EVERY_MS = 5000;

export class Report {
  failed = 0;
  readonly #of: number;
  readonly #options: Options;
  readonly #startedAt = performance.now();
  readonly #faults = new Map<string, number>();
  readonly #anomalies = new Map<string, number>();
  readonly #events = new Map<string, number>();
  readonly #moods = new Map<string, number>();
  readonly #sums = { seeds: 0, steps: 0, trips: 0, calls: 0 };
  #toldAt = performance.now();

  constructor(of: number, options: Options) {
    this.#of = of;
    this.#options = options;
  }

  hear(result: SeedResult): void {
    this.#sums.seeds += 1;
    this.#sums.steps += result.steps;
    this.#sums.trips += result.databaseTrips;
    this.#sums.calls += result.providerCalls;
    add(this.#faults, result.faults);
    add(this.#anomalies, result.anomalies);
    add(this.#events, result.events);
    add(this.#moods, { [result.mood]: 1 });
    const isBroken = result.broken.length > 0;
    if (isBroken) this.failed += 1;
    if (isBroken || this.#options.verbose) this.#tell(result);
    if (performance.now() - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = performance.now();
    console.log(`${this.#sums.seeds} of ${this.#of} seeds, ${this.failed} broke a promise, ${this.#seconds()} s`);
  }

  /** Prints the sums. */
  sum(): void {
    const { seeds, steps, trips, calls } = this.#sums;
    console.log(`\n${seeds} seeds, ${this.failed} broke a promise, in ${this.#seconds()} s`);
    console.log(`${steps} steps, ${trips} database round trips, ${calls} provider calls`);
    this.#list("moods", this.#moods);
    this.#list("faults", this.#faults);
    this.#list("events and operators' actions", this.#events);
    this.#list("anomalies", this.#anomalies);
  }

  #tell({ seed, broken, mood, hash, timeline }: SeedResult): void {
    const plant = this.#options.plant === undefined ? "" : ` --plant ${JSON.stringify(this.#options.plant)}`;
    console.log(timeline.join("\n"));
    console.log(`\nseed ${seed} (${mood}), timeline ${hash.slice(0, 16)}`);
    for (const promise of broken) console.log(`✗ ${promise}`);
    console.log(`again: npm run simulate -- --seeds 1 --from ${seed} --verbose${plant}\n`);
  }

  #list(title: string, counts: ReadonlyMap<string, number>): void {
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    console.log(`${title}: ${sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none"}`);
  }

  #seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(1);
  }
}

function add(sums: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
}
