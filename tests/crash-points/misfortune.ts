/** What befalls one call on its way to the database or a provider. */
import type { Call, Target } from "../simulation/engine/call.ts";

/** When whoever asked asks again: with an answer too, as impatient people do. */
export type Patience = "asks again" | "asks again later" | "never comes back";

export interface Misfortune {
  readonly name: string;
  readonly target: Target;
  /** Whether what was asked for is done all the same. */
  readonly hasEffect: boolean;
  /**
   * What its sender meets: no answer once, which a repeat makes up for; no answer however often it tries; or its own end,
   * with everything that it would have done next, and with what was deferred until after the answer.
   */
  readonly meets: "silence" | "lasting silence" | "death";
  /** What answers instead of silence: a gateway with nobody behind it. */
  readonly status?: 503;
  /**
   * Of those whom it befalls. To die before a call leaves what dying after the one before it leaves, so that every state
   * in which an operation can break off meets each of them.
   */
  readonly patiences: readonly Patience[];
}

const AGAIN = ["asks again"] as const;
const LATER = ["asks again later"] as const;
const NEVER = ["never comes back"] as const;

const DATABASE = [
  { name: "a lost answer", hasEffect: true, meets: "silence", patiences: AGAIN },
  { name: "an unreachable database", hasEffect: false, meets: "lasting silence", patiences: AGAIN },
  {
    name: "a database whose answers are lost",
    hasEffect: true,
    meets: "lasting silence",
    status: 503,
    patiences: NEVER,
  },
  { name: "death before a statement", hasEffect: false, meets: "death", patiences: LATER },
  { name: "death after a statement", hasEffect: true, meets: "death", patiences: [...AGAIN, ...NEVER] },
] as const;

const PROVIDER = [
  { name: "a request that never arrives", hasEffect: false, meets: "silence", patiences: AGAIN },
  { name: "a provider's lost answer", hasEffect: true, meets: "silence", patiences: LATER },
  { name: "an unreachable provider", hasEffect: false, meets: "lasting silence", patiences: NEVER },
  {
    name: "a provider whose answers are lost",
    hasEffect: true,
    meets: "lasting silence",
    patiences: [...AGAIN, ...NEVER],
  },
  { name: "death before a request", hasEffect: false, meets: "death", patiences: [...AGAIN, ...LATER] },
  { name: "death after a request", hasEffect: true, meets: "death", patiences: [...AGAIN, ...LATER, ...NEVER] },
] as const;

export const MISFORTUNES: readonly Misfortune[] = [
  ...DATABASE.map((each) => ({ ...each, target: "database" as const })),
  ...PROVIDER.map((each) => ({ ...each, target: "provider" as const })),
];

/** The misfortune of that name. */
export function misfortune(wanted: string): Misfortune {
  const found = MISFORTUNES.find(({ name }) => name === wanted);
  if (!found) throw new Error(`there is no misfortune ${wanted}`);
  return found;
}

/** A misfortune on its way to the call with that number among those to its target, from 1. */
export class Fate {
  readonly misfortune: Misfortune;
  readonly #at: number;
  #seen = 0;
  #struck: Call | undefined;

  constructor(misfortune: Misfortune, at: number) {
    this.misfortune = misfortune;
    this.#at = at;
  }

  get hasStruck(): boolean {
    return this.#struck !== undefined;
  }

  /** Whether it befalls this call, which is about to be carried out. */
  befalls(call: Call): boolean {
    const { target, meets } = this.misfortune;
    if (call.request.target !== target) return false;
    if (this.#struck) return meets === "lasting silence" && this.#isAnotherTry(call, this.#struck);
    this.#seen += 1;
    if (this.#seen < this.#at) return false;
    this.#struck = call;
    return true;
  }

  /** A statement is tried again as it was; a provider that is gone is gone for everything. */
  #isAnotherTry(call: Call, struck: Call): boolean {
    return this.misfortune.target === "provider" || call.request.body === struck.request.body;
  }
}
