/** Keys that tokens are verified with, published by their issuer as a JSON Web Key Set (RFC 7517). */
import { JWKSNoMatchingKey } from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import type { JWTVerifyGetKey } from "jose/jwt/verify";
import * as z from "zod";
import { pause } from "../providers/pause.ts";

/** A set this old is fetched anew before it is used. */
const FRESH_MS = 10 * 60 * 1000;
/** While the server can't be reached an old set goes on being used, but keys that were withdrawn not for ever. */
const USABLE_MS = 24 * 60 * 60 * 1000;
/** A key that is not in the set may be new, or made up: it causes no more than one fetch in this time. */
const REFETCH_PAUSE_MS = 30 * 1000;
/** After a fetch that failed. */
const FAILED_PAUSE_MS = 1000;
const TIMEOUT_MS = 2500;
/** How often, and for how long, a request looks whether the fetch that another one began has ended. */
const POLL_MS = 20;

/** No key is to be had: that is no fault of the token's. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** The key set at an address. Holds finished sets only, and as long as the isolate lives. */
export class RemoteKeySet {
  readonly #url: string;
  readonly #send: typeof fetch;
  readonly #now: () => number;
  #find: FindKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #nextFetchAt = Number.NEGATIVE_INFINITY;
  /** Stands for the fetch that is under way. */
  #fetching: object | undefined;

  constructor(url: string, surroundings: { readonly fetch: typeof fetch; readonly now: () => number }) {
    this.#url = url;
    this.#send = surroundings.fetch;
    this.#now = surroundings.now;
  }

  /** Finds the key that a token names. Throws KeysUnavailable when there are none, and jose's errors when none fits. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#now() - this.#fetchedAt >= FRESH_MS) await this.#refresh();
    const known = this.#usable();
    if (!known) throw new KeysUnavailable("the key set can't be fetched");
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return await (this.#usable() ?? known)(header, token);
    }
  };

  #usable(): FindKey | undefined {
    return this.#now() - this.#fetchedAt < USABLE_MS ? this.#find : undefined;
  }

  /** Fetches the set unless that has just been tried. Requests that have nothing to go by wait for the one that tries. */
  async #refresh(): Promise<void> {
    if (this.#now() >= this.#nextFetchAt) return this.#fetch();
    // A promise made for one request may never settle in another, so the others look for themselves.
    const underWay = this.#fetching;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    while (underWay !== undefined && this.#fetching === underWay && !this.#usable() && !signal.aborted) {
      await pause(POLL_MS, signal);
    }
  }

  /** Claims before waiting, or requests at the same time would each fetch. What is known stays when it fails. */
  async #fetch(): Promise<void> {
    const claim = {};
    this.#fetching = claim;
    this.#nextFetchAt = this.#now() + REFETCH_PAUSE_MS;
    try {
      this.#find = createLocalJWKSet(await this.#download());
      this.#fetchedAt = this.#now();
    } catch {
      this.#nextFetchAt = this.#now() + FAILED_PAUSE_MS;
    } finally {
      if (this.#fetching === claim) this.#fetching = undefined;
    }
  }

  async #download() {
    const response = await this.#send(this.#url, {
      headers: { Accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) throw new KeysUnavailable("the key server does not answer 200");
    return keySet.parse(await response.json());
  }
}
