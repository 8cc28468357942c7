/** What goes wrong on the way, how often, and in which mix: each seed draws its own. */
import type { Target } from "./call.ts";
import type { ProviderFault } from "./providers.ts";
import type { Random } from "./random.ts";

/** What happens to one call. `effect`: whether it is carried out all the same. */
export type Fate =
  | { readonly kind: "carried" }
  | { readonly kind: "lost"; readonly effect: boolean }
  | { readonly kind: "hangs"; readonly effect: boolean }
  | { readonly kind: "status"; readonly status: number; readonly effect: boolean }
  | { readonly kind: "contention"; readonly errno: 1213 | 1205 }
  | { readonly kind: "misbehaviour"; readonly fault: ProviderFault }
  | { readonly kind: "death"; readonly of: "task" | "isolate"; readonly effect: boolean };

/** How often each kind of trouble strikes, as probabilities of one call. */
export interface FaultRates {
  readonly mood: string;
  readonly database: number;
  readonly provider: number;
  readonly death: number;
  /** That a call which nobody waits for any more arrives after all. */
  readonly late: number;
  /** That a call takes seconds where others could go on. */
  readonly slowness: number;
}

const NONE = { database: 0, provider: 0, death: 0, late: 0, slowness: 0 };

const MOODS: readonly (readonly [weight: number, rates: FaultRates])[] = [
  [2, { mood: "no faults, much at once", ...NONE }],
  [2, { mood: "calm", database: 0.01, provider: 0.03, death: 0.002, late: 0.2, slowness: 0.002 }],
  [3, { mood: "rough", database: 0.04, provider: 0.12, death: 0.01, late: 0.3, slowness: 0.01 }],
  [2, { mood: "stormy", database: 0.1, provider: 0.3, death: 0.03, late: 0.4, slowness: 0.03 }],
  [1, { mood: "database in trouble", ...NONE, database: 0.15, late: 0.3, slowness: 0.02 }],
  [1, { mood: "providers in trouble", ...NONE, provider: 0.45, late: 0.3, slowness: 0.01 }],
  [1, { mood: "processes dying", ...NONE, death: 0.06 }],
];

export const NO_FAULTS: FaultRates = { mood: "healed", ...NONE };

export function drawRates(random: Random): FaultRates {
  return random.weighted(MOODS) ?? NO_FAULTS;
}

/** Answers of a provider that prove nothing, or say something that need not be believed. */
const MISBEHAVIOUR: readonly (readonly [weight: number, fault: ProviderFault])[] = [
  [2, { kind: "http_429" }],
  [2, { kind: "http_500" }],
  [2, { kind: "http_500", effect: true }],
  [1, { kind: "http_502" }],
  [1, { kind: "http_503", effect: true }],
  [3, { kind: "bad_signature" }],
  [1, { kind: "unsigned" }],
  [1, { kind: "stale_timestamp" }],
  [1, { kind: "unknown_serial" }],
  [1, { kind: "error_response" }],
  [1, { kind: "error_response", provider: "alipay", effect: true }],
  [3, { kind: "refuse", operation: "create" }],
  [3, { kind: "refuse", operation: "refund" }],
  [3, { kind: "refund_abnormal", operation: "refund" }],
  [2, { kind: "refund_closed", operation: "refund" }],
];

/** Draws what happens to a call. */
export function fateOf(target: Target, rates: FaultRates, random: Random): Fate {
  if (random.chance(rates.death)) {
    return { kind: "death", of: random.chance(0.25) ? "isolate" : "task", effect: random.chance(0.5) };
  }
  if (!random.chance(rates[target])) return { kind: "carried" };
  return target === "database" ? databaseTrouble(random) : providerTrouble(random);
}

function databaseTrouble(random: Random): Fate {
  const effect = random.chance(0.5);
  const kinds = [
    [5, { kind: "lost", effect }],
    [2, { kind: "hangs", effect }],
    [2, { kind: "status", status: 503, effect }],
    [2, { kind: "contention", errno: 1213 }],
    [1, { kind: "contention", errno: 1205 }],
  ] as const;
  return random.weighted<Fate>(kinds) ?? { kind: "carried" };
}

function providerTrouble(random: Random): Fate {
  const effect = random.chance(0.5);
  const fault = random.weighted(MISBEHAVIOUR) ?? { kind: "http_500" };
  const kinds = [
    [3, { kind: "lost", effect }],
    [4, { kind: "hangs", effect }],
    [1, { kind: "status", status: 522, effect }],
    [7, { kind: "misbehaviour", fault }],
  ] as const;
  return random.weighted<Fate>(kinds) ?? { kind: "carried" };
}
