/** Certificate lists kept between isolates, as WeChat Pay sent them, with the time when it did. */
import * as z from "zod";
import { decodeUtf8, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { TextCache } from "../exchange.ts";
import { readJson } from "../json.ts";
import { pause } from "../pause.ts";
import { type PlatformKey, readPlatformKeys } from "./certificates.ts";

/** A list is renewed sooner: LIST_LIFETIME_MS of the key ring counts from its download, in all isolates. */
const EXPIRATION_SECONDS = 6 * 60 * 60;

/** How long the cache may take. Downloading takes no longer. */
const PATIENCE_MS = 300;

/** What stands for a merchant who has no certificates: the list that others get. */
export const EMPTY_LIST = utf8('{"data":[]}');

/** A list from the cache, and when it was downloaded (milliseconds since the epoch). */
export interface CachedList {
  readonly keys: readonly PlatformKey[];
  readonly downloadedAt: number;
}

const entry = z.object({ body: z.string(), downloadedAt: z.number() });

/**
 * What is read is checked as if it had just come in, so nobody who can write to the cache can bring in a key. A cache
 * that fails or takes too long is like an empty one.
 */
export class CertificateCache {
  readonly #cache: TextCache | undefined;
  readonly #name: string;
  readonly #apiV3Key: () => Promise<CryptoKey>;

  constructor(cache: TextCache | undefined, mchId: string, apiV3Key: () => Promise<CryptoKey>) {
    this.#cache = cache;
    this.#name = `wechat/platform-certificates/${mchId}`;
    this.#apiV3Key = apiV3Key;
  }

  /** The list that is there, or undefined. */
  async read(signal: AbortSignal): Promise<CachedList | undefined> {
    const text = await orNothing(async () => this.#cache?.get(this.#name), signal);
    const kept = typeof text === "string" ? readJson(utf8(text), entry) : undefined;
    const keys = kept && (await readPlatformKeys(utf8(kept.body), await this.#apiV3Key()));
    return keys && { keys, downloadedAt: kept.downloadedAt };
  }

  /** Keeps a list's body. `downloadedAt` is in milliseconds since the epoch. */
  async write(body: Uint8Array, downloadedAt: number, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify({ body: decodeUtf8(body) ?? "", downloadedAt });
    await orNothing(async () => this.#cache?.put(this.#name, text, { expirationTtl: EXPIRATION_SECONDS }), signal);
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
