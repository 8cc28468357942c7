/** Chance that can be had again: the same seed gives the same numbers. Not for secrets. */

const WORDS = 4;

/** A generator of its own for each who draws, so that one more draw here changes nothing there. */
export class Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = spread(seed);
  }

  /** Another generator, named within this one. Draws nothing. */
  branch(name: string | number): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** 32 random bits (xoshiro128**). */
  bits(): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    s[1] = b ^ c ^ a;
    s[0] = a ^ d ^ b;
    s[2] = c ^ a ^ (b << 9);
    s[3] = rotate(d ^ b, 11);
    return result;
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.bits() / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True that often: 0 never, 1 always. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(list: readonly [T, ...T[]]): T;
  pick<T>(list: readonly T[]): T | undefined;
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.between(0, list.length - 1)];
  }

  /** One of the entries, each as often as its weight says. Undefined when no entry has any. */
  weighted<T>(entries: readonly (readonly [weight: number, entry: T])[]): T | undefined {
    let left = this.fraction() * entries.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, entry] of entries) {
      if (weight > 0 && left < weight) return entry;
      left -= weight;
    }
    return undefined;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.bits() >>> 24);
  }
}

/** Four words from a text (FNV-1a over it, once for each word, then stirred). */
function spread(seed: string): Uint32Array {
  const words = Array.from({ length: WORDS }, (_, word) => {
    let hash = (0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1)) >>> 0;
    for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
    return (hash ^ (hash >>> 13)) >>> 0 || word + 1;
  });
  return Uint32Array.from(words);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
