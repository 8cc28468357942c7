/** Something that is done to the shop, from the point of view of whoever does it. */
import type { Delivery } from "../../sandbox/deliveries.ts";
import { BrokenPromise, causeOf } from "../simulation/ledger.ts";
import type { Api, Person } from "../simulation/shop.ts";
import type { Picture } from "./picture.ts";
import type { World } from "./world.ts";

/** Whose affairs an operation changes: a buyer and two things to sell, all of them nobody else's. */
export interface Cast {
  readonly buyer: Person;
  readonly skus: readonly [string, string];
}

/** What somebody wants of the shop. */
export interface Wish {
  /** Wishes for it, or again, as one does who got no answer. Returns what the shop said; undefined for nothing definite. */
  readonly ask: () => Promise<string | undefined>;
  /** Whether it stands in the books, once the shop has said that it is done. Always, when absent. */
  readonly isTrue?: () => Promise<boolean>;
  /** What whoever asked does once it is done. */
  readonly afterwards?: () => void;
}

type Ends = Partial<Picture["affairs"]>;

export interface Operation {
  readonly name: string;
  /** How many database round trips and provider calls it makes at least, what is deferred among them. */
  readonly trips: number;
  readonly calls: number;
  /** Some of what is to be seen when nothing disturbs it, and time has passed. */
  readonly ends: Ends;
  readonly settings?: Readonly<Record<string, string>>;
  /** Nobody waits for it: the next run goes on with what one leaves undone. */
  readonly isJob?: boolean;
  /** Whoever asks may have to give up without knowing what will become of it. */
  readonly mayStayOpen?: boolean;
  /** No callback gets lost: nothing else would tell. */
  readonly isAlwaysTold?: boolean;
  /** Sets the stage. */
  readonly stage: (world: World, cast: Cast) => Promise<Wish>;
}

/** After these nobody knows whether it was done: asking again is right. */
const INDEFINITE: readonly string[] = ["UNAVAILABLE", "PROVIDER_SILENT", "REQUEST_IN_PROGRESS"];

interface Question<T> {
  readonly by: Person;
  readonly run: (api: Api) => Promise<T>;
  /** What must be the same in every answer; undefined for one that leaves it open. */
  readonly same: (value: T) => string | undefined;
  /** A refusal that says that it is done already. */
  readonly done?: string;
  /** Refusals that may follow when nothing has been done. */
  readonly refusals?: readonly string[];
}

/** What those hear who are refused. */
export const REFUSED = "refused";

/** Calls a procedure under one idempotency key, always the same. Throws BrokenPromise for a refusal nobody can explain. */
export function asking<T>(world: World, { by, run, same, done, refusals = [] }: Question<T>): Wish["ask"] {
  const key = world.name("key");
  return async () => {
    const answer = await world.call(by, key, run);
    if (answer.kind === "ok") return same(answer.value);
    if (answer.kind === "lost" || INDEFINITE.includes(answer.code)) return undefined;
    if (answer.code === done) return done;
    if (refusals.includes(answer.code)) return REFUSED;
    throw new BrokenPromise(`${answer.code}: ${causeOf(answer.error).split("\n", 2).join(" ")}`);
  };
}

/** A provider tells what it has to tell about a trade, until the shop accepts it. */
export function telling(world: World, outTradeNo: string): Wish["ask"] {
  const [delivery] = untold(world, outTradeNo);
  if (!delivery) throw new Error(`there is nothing to tell about ${outTradeNo}`);
  return async () => ((await world.deliver(delivery)) ? "accepted" : undefined);
}

/** What a provider has to tell about a trade and has not told. */
export function untold(world: World, outTradeNo: string): Delivery[] {
  return world.providers.act(({ deliveries }) => deliveries.due({ outTradeNo, early: true }));
}

/** Whether rows are there. */
export async function isThere(world: World, sql: string, ...values: readonly unknown[]): Promise<boolean> {
  return (await world.mysql.ask(sql, values)).length > 0;
}
