/** One seed's world: the shop, its database, the providers, the people, and what they know. */
import type { Keys } from "../../sandbox/keys.ts";
import { shopEnvironment } from "../../sandbox/shop-environment.ts";
import type { Action } from "./actors/action.ts";
import type { AnyDemand } from "./demand.ts";
import { Clock } from "./engine/clock.ts";
import { quiescence } from "./engine/crypto-queue.ts";
import { drawRates, NO_FAULTS } from "./engine/faults.ts";
import type { Mysql } from "./engine/mysql.ts";
import { Network } from "./engine/network.ts";
import type { Party } from "./engine/party.ts";
import { openProviders, type Providers, SHOP_URL } from "./engine/providers.ts";
import { Random } from "./engine/random.ts";
import { Scheduler } from "./engine/scheduler.ts";
import { Timeline } from "./engine/timeline.ts";
import { BrokenPromise, Ledger } from "./ledger.ts";
import { LogWatch } from "./log-watch.ts";
import { drawSettings, type ShopSettings } from "./settings.ts";
import { type Person, person, Shop, shopConfig } from "./shop.ts";
import { START } from "./start.ts";

/** What every seed of a process shares. */
export interface Ground {
  readonly mysql: Mysql;
  readonly keys: Keys;
  readonly people: People;
}

export interface People {
  readonly buyers: readonly [Person, ...Person[]];
  readonly operators: readonly [Person, ...Person[]];
  readonly service: Person;
}

export async function makePeople(): Promise<People> {
  const named = (role: "customer" | "operator", name: string) => person(name, role);
  return {
    buyers: [await named("customer", "an"), await named("customer", "bo"), await named("customer", "cai")],
    operators: [await named("operator", "op1"), await named("operator", "op2")],
    service: await person("svc", "service"),
  };
}

export class Simulation {
  readonly random: Random;
  readonly clock = new Clock(START);
  readonly timeline = new Timeline(this.clock);
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly providers: Providers;
  readonly mysql: Mysql;
  readonly shop: Shop;
  readonly people: People;
  readonly ledger: Ledger;
  readonly demands: AnyDemand[] = [];
  readonly mood: string;
  readonly settings: ShopSettings;
  /** Promises that were broken, in the order in which that was seen. */
  readonly broken: string[] = [];
  readonly #pledges: (() => Promise<void>)[] = [];
  #names = 0;

  constructor(seed: string, ground: Ground) {
    this.random = new Random(seed);
    const rates = drawRates(this.random.branch("rates"));
    this.mood = rates.mood;
    this.mysql = ground.mysql;
    this.people = ground.people;
    this.scheduler = new Scheduler(this.clock, this.timeline, this.random.branch("scheduler"), rates.slowness);
    const outside: Party = {
      name: "providers",
      clock: this.clock,
      random: this.random.branch("providers"),
      dead: false,
    };
    const refundSeconds = this.random.pick([1, 2, 30, 3600, 200_000]);
    this.providers = openProviders(outside, ground.keys, refundSeconds);
    const environment = this.providers.act((world) => shopEnvironment(world, ground.keys, SHOP_URL));
    const watch = new LogWatch((problem) => this.broken.push(problem));
    this.settings = drawSettings(this.random.branch("settings"));
    this.ledger = new Ledger(this.settings.opensAgain);
    const config = shopConfig({ ...environment, ...this.settings.variables });
    this.shop = new Shop(this.scheduler, config, (line) => watch.read(line));
    const restart = (isolate: string) => this.shop.restart(isolate);
    this.network = new Network(this, NO_FAULTS, this.random.branch("faults"), restart);
    this.scheduler.connect(this.network);
    this.timeline.note("seed", `${seed}: ${this.mood}; refunds by WeChat Pay take ${refundSeconds} s`);
    this.timeline.note("shop", JSON.stringify(this.settings.variables));
    this.beginTrouble = () => {
      this.network.rates = rates;
    };
  }

  /** From now on things go wrong. */
  readonly beginTrouble: () => void;

  /** From now on nothing goes wrong any more. */
  endTrouble(): void {
    this.network.rates = NO_FAULTS;
    this.timeline.note("world", "heals");
  }

  /** A name that nobody has used in this seed. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}-${this.#names}`;
  }

  /** Does what somebody concludes from what they heard; a broken promise is kept in mind. */
  readonly guard = (hear: () => void): void => {
    try {
      hear();
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      this.broken.push(error.message);
    }
  };

  /** Something that has to be looked at now, before anything else happens. */
  pledge(check: () => Promise<void>): void {
    this.#pledges.push(check);
  }

  async keepPledges(): Promise<void> {
    for (let check = this.#pledges.shift(); check; check = this.#pledges.shift()) await check();
  }

  /** Somebody begins to ask for something. */
  demand(demand: AnyDemand): void {
    this.demands.push(demand);
    demand.ask(this.shop, this.guard);
  }

  /** Begins something, and lets it run until it waits. Returns false when there is nothing to do it to. */
  async begin(action: Action): Promise<boolean> {
    const begun = await action.begin(this);
    await quiescence();
    await this.keepPledges();
    return begun;
  }

  /** Lets one thing go on. Returns false when nothing waits but for time to pass. */
  async step(): Promise<boolean> {
    const went = await this.scheduler.step();
    await this.keepPledges();
    return went;
  }

  /** Goes on until no task is left. */
  async drain(): Promise<void> {
    await quiescence();
    while (await this.step());
    this.scheduler.assertIdle();
  }

  /** Lets all tasks end, then lets time pass, in ms. */
  async wait(milliseconds: number): Promise<void> {
    await this.drain();
    this.timeline.note("time", `passes: ${Math.round(milliseconds / 1000)} s`);
    await this.scheduler.pass(milliseconds);
    await quiescence();
  }
}
