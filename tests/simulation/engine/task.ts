/** One request to the shop, or one run of its jobs, with all the work that it leaves for after its answer. */
import type { Clock } from "./clock.ts";
import type { Party } from "./party.ts";
import type { Random } from "./random.ts";

/** What became of a task, as its caller sees it. `lost`: its process died, or the answer never came. */
export type Outcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "lost" };

export class Task implements Party {
  readonly number: number;
  readonly name: string;
  /** Which of the shop's processes it runs in. */
  readonly isolate: string;
  readonly clock: Clock;
  readonly random: Random;
  #dead = false;
  #unfinished = 0;
  #ended: () => void;

  constructor(
    about: { readonly number: number; readonly name: string; readonly isolate: string },
    sources: { readonly clock: Clock; readonly random: Random },
    ended: () => void,
  ) {
    this.number = about.number;
    this.name = `${about.isolate} #${about.number} ${about.name}`;
    this.isolate = about.isolate;
    this.clock = sources.clock;
    this.random = sources.random;
    this.#ended = ended;
  }

  get dead(): boolean {
    return this.#dead;
  }

  die(): void {
    this.#dead = true;
    this.#ended();
  }

  /** Keeps the task alive until some work has ended, well or not. */
  hold(work: Promise<unknown>): void {
    this.#unfinished += 1;
    const end = () => {
      this.#unfinished -= 1;
      if (this.#unfinished === 0 && !this.#dead) this.#ended();
    };
    work.then(end, end);
  }
}
