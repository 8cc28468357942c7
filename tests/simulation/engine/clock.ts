/** Virtual time and its timers. It stands still until somebody moves it. */
import { type Party, runAs } from "./party.ts";

/** A timer of a party's. Does for what setTimeout returns in Node.js and in browsers. */
export class VirtualTimer {
  readonly party: Party;
  readonly due: number;
  readonly number: number;
  readonly #run: () => void;

  constructor(party: Party, due: number, number: number, run: () => void) {
    this.party = party;
    this.due = due;
    this.number = number;
    this.#run = run;
  }

  run(): void {
    runAs(this.party, this.#run);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

export class Clock {
  #now: number;
  #timers: VirtualTimer[] = [];
  #count = 0;

  /** `start` is in ms since the epoch. */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Lets time pass, in ms. Timers that fall due on the way stay, overdue. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  start(party: Party, run: () => void, milliseconds: number): VirtualTimer {
    const timer = new VirtualTimer(party, this.#now + Math.max(0, Math.round(milliseconds)), ++this.#count, run);
    this.#timers.push(timer);
    return timer;
  }

  cancel(timer: VirtualTimer): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
  }

  /** Forgets what a party was waiting for. */
  forget(party: Party): void {
    this.#timers = this.#timers.filter((timer) => timer.party !== party);
  }

  /** The timer that is due first, if there is one by then. */
  next(until = Number.POSITIVE_INFINITY): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > until) continue;
      if (!first || timer.due < first.due || (timer.due === first.due && timer.number < first.number)) first = timer;
    }
    return first;
  }

  /** It is that timer's time. */
  fire(timer: VirtualTimer): void {
    this.cancel(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.run();
  }

  /** Whether any of these parties waits for a timer. */
  isAwaited(parties: ReadonlySet<Party>): boolean {
    return this.#timers.some((timer) => parties.has(timer.party));
  }
}
