/** A text that isolates share, where the platform keeps one for them. */
import type { TextCache } from "./exchange.ts";
import { pause } from "./pause.ts";

/** How long the cache may take. Fetching what it keeps takes no longer. */
const PATIENCE_MS = 300;

/** A cache that is not there, fails or takes too long is like an empty one. */
export class KeptText {
  readonly #cache: TextCache | undefined;
  readonly #name: string;

  constructor(cache: TextCache | undefined, name: string) {
    this.#cache = cache;
    this.#name = name;
  }

  /** The text that is there, or undefined. */
  async read(signal: AbortSignal): Promise<string | undefined> {
    const text = await orNothing(async () => this.#cache?.get(this.#name), signal);
    return typeof text === "string" ? text : undefined;
  }

  /** Keeps a text. `expirationTtl` is in seconds. */
  async write(text: string, expirationTtl: number, signal: AbortSignal): Promise<void> {
    await orNothing(async () => this.#cache?.put(this.#name, text, { expirationTtl }), signal);
  }
}

/** What `ask` gives in time; undefined when it gives nothing, or fails. */
async function orNothing<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const answered = new AbortController();
  const late = pause(PATIENCE_MS, AbortSignal.any([signal, answered.signal]));
  try {
    return await Promise.race([ask(), late.then(() => undefined)]);
  } catch {
    return undefined;
  } finally {
    answered.abort();
  }
}
