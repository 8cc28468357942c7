/**
 * WebCrypto works in threads, and they finish as they like. For parties the usual work is done at once instead, by the
 * same library; results of the rest are held until somebody waits for them, and come out one by one in the order of the
 * calls.
 */
import { doneAtOnce } from "./crypto-at-once.ts";
import { currentParty } from "./party.ts";

interface Waiting {
  readonly work: Promise<unknown>;
  readonly result: PromiseWithResolvers<unknown>;
}

const waiting: Waiting[] = [];

const FUNCTIONS = [
  ...["sign", "verify", "digest", "encrypt", "decrypt", "importKey", "exportKey", "deriveBits", "deriveKey"],
  ...["generateKey", "wrapKey", "unwrapKey"],
] as const;

/** Puts the queue before crypto.subtle. Outside of parties it stays as it is. */
export function queueCrypto(): void {
  const { subtle } = crypto;
  for (const name of FUNCTIONS) {
    const real: unknown = Reflect.get(subtle, name);
    if (typeof real !== "function") continue;
    const value = (...parameters: unknown[]): Promise<unknown> => {
      const party = currentParty();
      const result = party && doneAtOnce(name, parameters);
      if (result !== undefined) return Promise.resolve(result);
      const work: Promise<unknown> = Reflect.apply(real, subtle, parameters);
      return party ? queued(work) : work;
    };
    Object.defineProperty(subtle, name, { value, configurable: true, writable: true });
  }
}

function queued(work: Promise<unknown>): Promise<unknown> {
  const result = Promise.withResolvers<unknown>();
  // Whoever asked looks at the result; the work itself must not count as unhandled meanwhile.
  work.catch(() => {});
  waiting.push({ work, result });
  return result.promise;
}

/** Waits until every promise that can go on has gone on, results of WebCrypto included. */
export async function quiescence(): Promise<void> {
  await turn();
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { result } = next;
    await next.work.then(result.resolve, result.reject);
    await turn();
  }
}

/** All that is ready to run has run after one turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
