/** After the trouble: everything left to say is said or lost for good, time passes, and the jobs run until all is quiet. */
import { endRefund } from "../../sandbox/buyer.ts";
import { isFinal } from "../../sandbox/trade.ts";
import { deliver } from "./actors/callbacks.ts";
import { explain } from "./actors/inspector.ts";
import { tidyUp } from "./actors/receipts.ts";
import { type DueRow, whatIsDue } from "./due.ts";
import { BrokenPromise } from "./ledger.ts";
import type { Simulation } from "./simulation.ts";

const MOST_ROUNDS = 150;
const MINUTE = 60_000;
/** A request that waits for its turn at a provider has had it after so long. */
const TURN_MS = 90_000;

export async function heal(sim: Simulation): Promise<void> {
  sim.endTrouble();
  await sim.drain();
  await settleDemands(sim);
  await standStill(sim);
  await deliverRest(sim);
  await runUntilQuiet(sim);
  await tidyUp(sim);
  await repeatOldNews(sim);
  await runUntilQuiet(sim);
  explain(sim);
  await sim.drain();
}

/** Whoever has no answer yet asks until there is one: nobody is left without. */
async function settleDemands(sim: Simulation): Promise<void> {
  // Refunds of one payment take turns.
  const rounds = 8 + sim.demands.filter((demand) => demand.isOpen).length;
  for (let round = 1; round <= rounds; round++) {
    const open = sim.demands.filter((demand) => demand.isOpen);
    if (open.length === 0) return;
    for (const demand of open) {
      demand.ask(sim.shop, sim.guard);
      await sim.drain();
    }
    await sim.wait(TURN_MS);
    // What nobody can find out by asking, such as whether a code at the till was good, the jobs bring to an end.
    if (round > 1) sim.shop.jobs(["attempts", "refunds"]);
    await sim.drain();
  }
  const open = sim.demands.filter((demand) => demand.isOpen).map(({ name }) => name);
  if (open.length > 0) throw new BrokenPromise(`nobody learns what became of: ${open.join(", ")}`);
}

/** Nobody has looked after the schedule for a week, and operators do by hand what it would have done. */
async function standStill(sim: Simulation): Promise<void> {
  if (sim.settings.hasBills || !sim.random.chance(0.3)) return;
  await sim.wait(8 * 24 * 60 * MINUTE);
  await tidyUp(sim);
}

async function deliverRest(sim: Simulation): Promise<void> {
  const pending = sim.providers.act((world) => world.deliveries.due({ early: true }));
  for (const delivery of pending) {
    if (sim.random.chance(0.5)) deliver(sim, delivery);
    await sim.drain();
  }
}

/** Providers repeat what they said long ago. */
async function repeatOldNews(sim: Simulation): Promise<void> {
  await sim.wait(sim.random.between(1, sim.settings.hasBills ? 2 : 5) * 24 * 60 * MINUTE);
  for (const delivery of sim.providers.act((world) => world.deliveries.list())) {
    if (!sim.random.chance(0.3)) continue;
    deliver(sim, delivery);
    await sim.drain();
  }
}

/** The whole schedule once, then whatever has something to do as soon as it has, and the whole schedule again. */
async function runUntilQuiet(sim: Simulation): Promise<void> {
  await runSchedule(sim);
  let due: readonly DueRow[] = [];
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    endRefunds(sim);
    due = await whatIsDue(sim, round > PATIENT_ROUNDS);
    const [next] = due;
    if (!next) return await runSchedule(sim);
    await sim.wait(Math.max(next.at - sim.clock.now(), leastWait(round)) + 1);
    const now = sim.clock.now();
    const isDue = new Set(due.filter(({ at }) => at <= now).map(({ job }) => job));
    sim.shop.jobs(sim.settings.jobs.filter((job) => isDue.has(job)));
    await sim.drain();
  }
  const rest = due.map(({ job, id, state }) => `${job} ${id} ${state}`).join(", ");
  throw new BrokenPromise(`after ${MOST_ROUNDS} runs of the jobs there is still something to do: ${rest}`);
}

async function runSchedule(sim: Simulation): Promise<void> {
  endRefunds(sim);
  sim.shop.jobs(sim.settings.jobs);
  await sim.drain();
}

/** While it is so early, what an operator has been told of is looked at all the same. */
const PATIENT_ROUNDS = 14;

/** At first the jobs run as soon as they have something to do; what takes days takes fewer runs. */
function leastWait(round: number): number {
  if (round <= 3) return 1000;
  if (round <= 8) return 10 * MINUTE;
  return (round <= PATIENT_ROUNDS ? 3 : 24) * 60 * MINUTE;
}

/** The banks bring to an end what is on its way. */
function endRefunds(sim: Simulation): void {
  for (const refund of sim.providers.act(({ books }) => books.refunds())) {
    const trade = sim.providers.act(({ books }) => books.trade(refund.provider, refund.outTradeNo));
    if (isFinal(refund) || !trade || (refund.provider === "wechat" && refund.status === "PROCESSING")) continue;
    sim.providers.act((world) => endRefund(world, trade, refund, "SUCCESS"));
  }
}
