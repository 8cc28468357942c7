/**
 * Callbacks that do not verify, counted by provider and address. Only they are counted, so that nothing else starves
 * genuine ones; where they come in floods, verifying them is put off.
 */
import { addressKey, PERIOD_SECONDS, type RateLimits } from "./rate-limits.ts";

/** How often one callback of an address over its limit is verified all the same: a provider may stand behind it too. */
const TRIAL_MS = 200;
const MOST_ADDRESSES = 10_000;

/** What an isolate remembers of callbacks' addresses. */
export class CallbackGate {
  readonly #now: () => number;
  /** Addresses from which a callback has verified: never held up. */
  readonly #proven = new Set<string>();
  /** Addresses over their limit: until when, and when the next one may be tried. */
  readonly #flooding = new Map<string, { readonly until: number; nextTrialAt: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether a callback from there is to be verified now. If not, it is to be told to come again. */
  admits(provider: string, address: string | undefined): boolean {
    const key = keyOf(provider, address);
    const flood = this.#flooding.get(key);
    const now = this.#now();
    if (!flood || flood.until <= now) return true;
    if (now < flood.nextTrialAt) return false;
    flood.nextTrialAt = now + TRIAL_MS;
    return true;
  }

  /** Takes down that a callback from there has verified. */
  verified(provider: string, address: string | undefined): void {
    const key = keyOf(provider, address);
    this.#flooding.delete(key);
    remember(this.#proven, () => this.#proven.add(key));
  }

  /** Counts a callback from there that did not verify. */
  async unverified(limits: RateLimits, provider: string, address: string | undefined): Promise<void> {
    const key = keyOf(provider, address);
    if (this.#proven.has(key) || (await limits.isWithin("forgeries", key))) return;
    const now = this.#now();
    const flood = { until: now + PERIOD_SECONDS * 1000, nextTrialAt: now + TRIAL_MS };
    remember(this.#flooding, () => this.#flooding.set(key, flood));
  }
}

function keyOf(provider: string, address: string | undefined): string {
  return `${provider} ${addressKey(address)}`;
}

/** Forgets everything rather than growing without end; what matters of it comes again. */
function remember(kept: { readonly size: number; clear(): void }, add: () => void): void {
  if (kept.size >= MOST_ADDRESSES) kept.clear();
  add();
}
