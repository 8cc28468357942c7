/** One shop with its providers in virtual time, where nothing goes wrong but what a test wants. */

import type { Delivery } from "../../sandbox/deliveries.ts";
import type { Keys } from "../../sandbox/keys.ts";
import { shopEnvironment } from "../../sandbox/shop-environment.ts";
import type { JobName } from "../../src/jobs/run.ts";
import type { Call, Incoming } from "../simulation/engine/call.ts";
import { Clock } from "../simulation/engine/clock.ts";
import { quiescence } from "../simulation/engine/crypto-queue.ts";
import type { Mysql } from "../simulation/engine/mysql.ts";
import { runOutside } from "../simulation/engine/party.ts";
import { openProviders, type Providers, SHOP_URL } from "../simulation/engine/providers.ts";
import { Random } from "../simulation/engine/random.ts";
import { type Carrier, Scheduler } from "../simulation/engine/scheduler.ts";
import { Timeline } from "../simulation/engine/timeline.ts";
import { LogWatch } from "../simulation/log-watch.ts";
import { type Answer, type Api, type Person, Shop, shopConfig } from "../simulation/shop.ts";
import { START } from "../simulation/start.ts";
import type { Fate } from "./misfortune.ts";

/** What the worlds of a process share. */
export interface Ground {
  readonly mysql: Mysql;
  readonly keys: Keys;
}

const REFUND_SECONDS = 2;

/** Those that recovery needs: not even a bill has to be read. */
const JOBS: readonly JobName[] = ["orders", "attempts", "refunds", "points", "stock"];

/** What holds unless an operation says otherwise. */
const SETTINGS = { ORDER_TTL_MINUTES: "120", POINTS_PER_YUAN: "1" };

export class World implements Carrier {
  readonly clock = new Clock(START);
  readonly providers: Providers;
  readonly mysql: Mysql;
  /** What went wrong that nobody but the shop's log tells. */
  readonly troubles: string[] = [];
  readonly #scheduler: Scheduler;
  readonly #shop: Shop;
  #fate: Fate | undefined;
  #names = 0;

  constructor({ mysql, keys }: Ground, settings: Readonly<Record<string, string>>) {
    const random = new Random("crash points");
    const party = { name: "providers", clock: this.clock, random: random.branch("providers"), dead: false };
    this.mysql = mysql;
    this.providers = openProviders(party, keys, REFUND_SECONDS);
    this.#scheduler = new Scheduler(this.clock, new Timeline(this.clock), random.branch("scheduler"), 0);
    this.#scheduler.connect(this);
    const environment = {
      ...this.providers.act((world) => shopEnvironment(world, keys, SHOP_URL)),
      ...SETTINGS,
      ...settings,
    };
    const watch = new LogWatch((trouble) => this.troubles.push(trouble));
    this.#shop = new Shop(this.#scheduler, shopConfig(environment), (line) => watch.read(line));
  }

  /** A name that nobody else has in this world. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}-${this.#names}`;
  }

  /** Calls a procedure, and waits until all that follows from it has been done. */
  async call<T>(by: Person, key: string | undefined, run: (api: Api) => Promise<T>): Promise<Answer<T>> {
    const heard: Answer<T>[] = [];
    this.#shop.call("call", by, key, run, (answer) => heard.push(answer));
    await this.#drain();
    return heard[0] ?? { kind: "lost" };
  }

  /** Brings a callback to the shop, and its answer to the provider. Returns whether the shop accepted it. */
  async deliver(delivery: Delivery): Promise<boolean> {
    const { notice } = delivery;
    const request = this.providers.act(({ deliveries }) => deliveries.sign(delivery));
    let accepted = false;
    this.#shop.notify("callback", request, (answer) => {
      this.providers.act(({ deliveries }) => deliveries.answer(delivery, answer ?? { error: "no answer" }));
      accepted = answer?.status === 200 && (notice.provider === "wechat" || answer.body === "success");
    });
    await this.#drain();
    return accepted;
  }

  /** Runs jobs once. */
  async jobs(names: readonly JobName[] = JOBS): Promise<void> {
    this.#shop.jobs(names);
    await this.#drain();
  }

  /** Lets time pass, in ms. */
  async pass(milliseconds: number): Promise<void> {
    await this.#scheduler.pass(milliseconds);
    await quiescence();
  }

  /** Does something to whose calls a misfortune is on its way. */
  async under<T>(fate: Fate | undefined, work: () => Promise<T>): Promise<T> {
    this.#fate = fate;
    try {
      return await work();
    } finally {
      this.#fate = undefined;
    }
  }

  async carry(call: Call): Promise<void> {
    const misfortune = this.#fate?.befalls(call) && this.#fate.misfortune;
    if (!misfortune) return call.answer(await this.#carryOut(call));
    if (misfortune.hasEffect) await this.#carryOut(call);
    if (misfortune.status) return call.answer({ status: misfortune.status, headers: {}, body: "no upstream" });
    if (misfortune.meets !== "death") return call.fail();
    this.#scheduler.killIsolate(call.task.isolate);
    this.#shop.restart(call.task.isolate);
  }

  /** A call that was given up never arrives. */
  mayArriveLate(): boolean {
    return false;
  }

  carryLate(): Promise<void> {
    return Promise.reject(new Error("nothing arrives late"));
  }

  #carryOut({ request }: Call): Promise<Incoming> {
    if (request.target === "provider") return this.providers.serve(request);
    return runOutside(() => this.mysql.execute(request.body));
  }

  async #drain(): Promise<void> {
    await quiescence();
    while (await this.#scheduler.step());
    this.#scheduler.assertIdle();
  }
}
