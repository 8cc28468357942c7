/** One seed from its first step to its audit. */
import { readBooks } from "./audit/books.ts";
import { checkInvariants } from "./audit/invariants.ts";
import { compareWithModel } from "./audit/model.ts";
import { runOwnAudit } from "./audit/own-audit.ts";
import { compareWithProviders } from "./audit/providers.ts";
import { openShop, trade } from "./business.ts";
import { heal } from "./heal.ts";
import { BrokenPromise } from "./ledger.ts";
import { type Ground, Simulation } from "./simulation.ts";

/** What a seed came to. */
export interface SeedResult {
  readonly seed: string;
  readonly mood: string;
  /** The promises that were broken. */
  readonly broken: readonly string[];
  readonly steps: number;
  readonly databaseTrips: number;
  readonly providerCalls: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Anomalies that the shop recorded, by kind. */
  readonly anomalies: Readonly<Record<string, number>>;
  /** The shop's events and operators' actions, by kind. */
  readonly events: Readonly<Record<string, number>>;
  /** Hash of the timeline. */
  readonly hash: string;
  readonly timeline: readonly string[];
}

export async function runSeed(seed: string, ground: Ground): Promise<SeedResult> {
  await ground.mysql.empty();
  const sim = new Simulation(seed, ground);
  let seen: Pick<SeedResult, "anomalies" | "events"> = { anomalies: {}, events: {} };
  try {
    await openShop(sim);
    sim.beginTrouble();
    await trade(sim);
    if (sim.broken.length === 0) await heal(sim);
    if (sim.broken.length === 0) seen = await audit(sim);
  } catch (error) {
    sim.broken.push(error instanceof BrokenPromise ? error.message : `the simulation stopped: ${textOf(error)}`);
  }
  return {
    seed,
    mood: sim.mood,
    broken: sim.broken,
    steps: sim.scheduler.steps,
    databaseTrips: sim.network.carried.database,
    providerCalls: sim.network.carried.provider,
    faults: Object.fromEntries(sim.timeline.faults),
    ...seen,
    hash: sim.timeline.hash(),
    timeline: sim.timeline.lines,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function audit(sim: Simulation): Promise<Pick<SeedResult, "anomalies" | "events">> {
  const books = await readBooks(sim.mysql);
  const found = [
    ...(await checkInvariants(sim.mysql)),
    ...(await runOwnAudit(sim.mysql, sim.clock.now())),
    ...compareWithProviders(sim, books),
    ...compareWithModel(sim, books),
  ];
  sim.broken.push(...found);
  return {
    anomalies: await counted(sim, "select kind as name, count(*) as found from anomalies group by kind"),
    events: await counted(
      sim,
      `select kind as name, count(*) as found from events group by kind
       union all select action, count(*) from operator_actions group by action`,
    ),
  };
}

async function counted(sim: Simulation, query: string): Promise<Record<string, number>> {
  const rows = await sim.mysql.ask(query);
  return Object.fromEntries(rows.map(({ name, found }) => [String(name), Number(found)]));
}
