/** Whose code runs: a task of the shop, the simulated providers, or nobody of these, as in the driver of a database. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** Who has virtual time and seeded chance instead of the machine's. */
export interface Party {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What it does from now on has no effect: its process is gone. */
  readonly dead: boolean;
}

const parties = new AsyncLocalStorage<Party | undefined>();

/** The party whose code runs now; undefined outside of all. */
export function currentParty(): Party | undefined {
  return parties.getStore();
}

/** Runs something, and all that follows from it, as a party. */
export function runAs<T>(party: Party, work: () => T): T {
  return parties.run(party, work);
}

/** Runs something outside of all parties: with real time, real chance, real timers. */
export function runOutside<T>(work: () => T): T {
  return parties.run(undefined, work);
}
