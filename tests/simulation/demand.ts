/** What somebody wants of the shop under one idempotency key, asked as often as it takes to get an answer. */
import { BrokenPromise, causeOf } from "./ledger.ts";
import type { Answer, Api, Person, Shop } from "./shop.ts";

/** After these nobody knows whether it was done: asking again is right. */
const INDEFINITE: readonly string[] = [
  "UNAVAILABLE",
  "PROVIDER_SILENT",
  "PROVIDER_BUSY",
  "PROVIDER_UNINTELLIGIBLE",
  "REQUEST_IN_PROGRESS",
];

interface Wish<T> {
  readonly name: string;
  readonly by: Person;
  readonly key: string;
  readonly run: (api: Api) => Promise<T>;
  /** The same for every answer to the same demand, once one of them was made by it. */
  readonly identity: (value: T) => string;
  /** Whether the demand made what it was answered with, and was not handed what others had made. Always, when absent. */
  readonly made?: (value: T) => boolean;
  /** Heard at each answer; `first` at the first that granted it. */
  readonly granted: (value: T, first: boolean) => void;
}

/** A demand whatever it is for. */
export type AnyDemand = Pick<Demand<unknown>, "name" | "isOpen" | "isAsking" | "ask">;

export class Demand<T> {
  readonly #wish: Wish<T>;
  #state: "open" | "granted" | "refused" = "open";
  #identity: string | undefined;
  #asking = 0;

  constructor(wish: Wish<T>) {
    this.#wish = wish;
  }

  get name(): string {
    return `${this.#wish.name} ${this.#wish.key}`;
  }

  /** Whether nobody knows yet what became of it. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isAsking(): boolean {
    return this.#asking > 0;
  }

  /** Asks for it, the first time or again. */
  ask(shop: Shop, guard: (hear: () => void) => void): void {
    const { name, by, key, run } = this.#wish;
    this.#asking += 1;
    shop.call(`${name} ${key}`, by, key, run, (answer) => {
      this.#asking -= 1;
      guard(() => this.#hear(answer));
    });
  }

  #hear(answer: Answer<T>): void {
    if (answer.kind === "lost") return;
    if (answer.kind === "error") {
      if (answer.code === "INTERNAL")
        throw new BrokenPromise(`${this.name} was answered INTERNAL: ${causeOf(answer.error)}`);
      if (this.isOpen && !INDEFINITE.includes(answer.code)) this.#state = "refused";
      return;
    }
    const identity = this.#wish.identity(answer.value);
    if (this.#identity !== undefined && this.#identity !== identity) {
      throw new BrokenPromise(`${this.name} was granted twice: ${this.#identity} and ${identity}`);
    }
    const first = this.#state !== "granted";
    if (this.#wish.made?.(answer.value) ?? true) this.#identity = identity;
    this.#state = "granted";
    this.#wish.granted(answer.value, first);
  }
}
