/** How often a merchant may call: real counters over the last second of real time (WeChat Pay V3, known rates). */
import { WechatError } from "./errors.ts";

const WINDOW = 1000;

export interface RateLimit {
  /** Calls that share a name are counted together. */
  readonly name: string;
  readonly perSecond: number;
  /** How many of them may fail, where that is counted apart. `perSecond` then counts those that succeed. */
  readonly failingPerSecond?: number;
}

export class Rates {
  /** Whether they are held at all. */
  enforced = true;
  readonly #calls = new Map<string, number[]>();
  readonly #now: () => number;

  /** `now` is real time in ms: the schedule clock jumps. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Lets a call through and counts how it went. Throws WechatError, 429, when there were too many. */
  pass<T>(limit: RateLimit | undefined, run: () => T): T {
    if (limit === undefined) return run();
    const { name, perSecond, failingPerSecond } = limit;
    if (failingPerSecond === undefined) {
      this.count(name, perSecond);
      return run();
    }
    this.#require(name, perSecond);
    this.#require(`${name} failing`, failingPerSecond);
    return this.#counted(name, run);
  }

  /** Counts one more of something. Throws WechatError, 429, when there were `perSecond` already. */
  count(name: string, perSecond: number, message?: string): void {
    this.#require(name, perSecond, message);
    this.#recent(name).push(this.#now());
  }

  clear(): void {
    this.enforced = true;
    this.#calls.clear();
  }

  #counted<T>(name: string, run: () => T): T {
    try {
      const result = run();
      this.#recent(name).push(this.#now());
      return result;
    } catch (error) {
      this.#recent(`${name} failing`).push(this.#now());
      throw error;
    }
  }

  #require(name: string, perSecond: number, message = "频率超限，请稍后重试"): void {
    if (this.enforced && this.#recent(name).length >= perSecond) {
      throw new WechatError(429, "FREQUENCY_LIMITED", message);
    }
  }

  #recent(name: string): number[] {
    const since = this.#now() - WINDOW;
    const recent = (this.#calls.get(name) ?? []).filter((at) => at > since);
    this.#calls.set(name, recent);
    return recent;
  }
}
