/** Certificate lists kept between isolates, as WeChat Pay sent them, with the time when it did. */
import * as z from "zod";
import { decodeUtf8, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { TextCache } from "../exchange.ts";
import { readJson } from "../json.ts";
import { KeptText } from "../kept-text.ts";
import { type PlatformKey, readPlatformKeys } from "./certificates.ts";

/** A list is renewed sooner: LIST_LIFETIME_MS of the key ring counts from its download, in all isolates. */
const EXPIRATION_SECONDS = 6 * 60 * 60;

/** What stands for a merchant who has no certificates: the list that others get. */
export const EMPTY_LIST = utf8('{"data":[]}');

/** A list from the cache, and when it was downloaded (milliseconds since the epoch). */
export interface CachedList {
  readonly keys: readonly PlatformKey[];
  readonly downloadedAt: number;
}

const entry = z.object({ body: z.string(), downloadedAt: z.number() });

/** What is read is checked as if it had just come in, so nobody who can write to the cache can bring in a key. */
export class CertificateCache {
  readonly #kept: KeptText;
  readonly #apiV3Key: () => Promise<CryptoKey>;

  constructor(cache: TextCache | undefined, mchId: string, apiV3Key: () => Promise<CryptoKey>) {
    this.#kept = new KeptText(cache, `wechat/platform-certificates/${mchId}`);
    this.#apiV3Key = apiV3Key;
  }

  /** The list that is there, or undefined. */
  async read(signal: AbortSignal): Promise<CachedList | undefined> {
    const text = await this.#kept.read(signal);
    const kept = text === undefined ? undefined : readJson(utf8(text), entry);
    const keys = kept && (await readPlatformKeys(utf8(kept.body), await this.#apiV3Key()));
    return keys && { keys, downloadedAt: kept.downloadedAt };
  }

  /** Keeps a list's body. `downloadedAt` is in milliseconds since the epoch. */
  async write(body: Uint8Array, downloadedAt: number, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify({ body: decodeUtf8(body) ?? "", downloadedAt });
    await this.#kept.write(text, EXPIRATION_SECONDS, signal);
  }
}
