/** Certificate lists kept between isolates, as WeChat Pay sent them. */
import { decodeUtf8, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { TextCache } from "../exchange.ts";
import { pause } from "../pause.ts";
import { type PlatformKey, readPlatformKeys } from "./certificates.ts";

/**
 * WeChat Pay wants lists renewed within 12 hours. An isolate that takes one from here keeps it for LIST_LIFETIME_MS of
 * the key ring, so both together must be less.
 */
const EXPIRATION_SECONDS = 6 * 60 * 60;

/** How long the cache may take. Downloading takes no longer. */
const PATIENCE_MS = 300;

/** What stands for a merchant who has no certificates: the list that others get. */
export const EMPTY_LIST = utf8('{"data":[]}');

/**
 * What is read is checked as if it had just come in, so nobody who can write to the cache gains anything. A cache
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

  /** The keys of the list that is there, or undefined. */
  async read(signal: AbortSignal): Promise<readonly PlatformKey[] | undefined> {
    const text = await orNothing(async () => this.#cache?.get(this.#name), signal);
    return typeof text === "string" ? readPlatformKeys(utf8(text), await this.#apiV3Key()) : undefined;
  }

  /** Keeps a list's body. */
  async write(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const text = decodeUtf8(body) ?? "";
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
