/**
 * The one who decides what happens next. Everything that could go on is waiting here: calls of tasks, and timers. One is
 * chosen, goes on, and whatever follows from it runs until it waits again; then the next is chosen.
 */
import type { Call, Switchboard } from "./call.ts";
import type { Clock, VirtualTimer } from "./clock.ts";
import { quiescence } from "./crypto-queue.ts";
import { runAs, runOutside } from "./party.ts";
import type { Random } from "./random.ts";
import { type Outcome, Task } from "./task.ts";
import type { Timeline } from "./timeline.ts";

/** What the scheduler asks of the network: carries one call out, or does to it what the faults want. */
export interface Carrier {
  /** Resolves when nothing more happens because of it for now. */
  carry(call: Call): Promise<void>;
  /** Carries out a call that nobody waits for any more. */
  carryLate(call: Call): Promise<void>;
  /** Whether a call that its task gave up may still arrive. */
  mayArriveLate(call: Call): boolean;
}

/** A timer this near is as likely to be next as a call. */
const NEAR_MS = 250;

export class Scheduler implements Switchboard {
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly #random: Random;
  /** How likely a far timer is to be first, though there are calls that could go on: calls then take seconds. */
  readonly #slowness: number;
  #carrier: Carrier | undefined;
  readonly #tasks = new Set<Task>();
  #parked: Call[] = [];
  #hung: Call[] = [];
  #strays: Call[] = [];
  #count = 0;
  steps = 0;

  constructor(clock: Clock, timeline: Timeline, random: Random, slowness: number) {
    this.clock = clock;
    this.timeline = timeline;
    this.#random = random;
    this.#slowness = slowness;
  }

  connect(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  /** Tasks that have not ended. */
  get running(): number {
    return this.#tasks.size;
  }

  /** Starts a task. `done` hears, once, what its caller hears. */
  spawn<T>(name: string, isolate: string, work: (task: Task) => Promise<T>, done: (outcome: Outcome<T>) => void): Task {
    const number = ++this.#count;
    let told = false;
    const tell = (outcome: Outcome<T>) => {
      if (told) return;
      told = true;
      runOutside(() => done(outcome));
    };
    const sources = { clock: this.clock, random: this.#random.branch(`task ${number}`) };
    const task: Task = new Task({ number, name, isolate }, sources, () => {
      this.#tasks.delete(task);
      tell({ kind: "lost" });
    });
    this.#tasks.add(task);
    this.timeline.note(task.name, "starts");
    const answer = runAs(task, async () => work(task));
    task.hold(
      answer.then(
        (value) => task.dead || tell({ kind: "answered", value }),
        (error: unknown) => task.dead || tell({ kind: "threw", error }),
      ),
    );
    return task;
  }

  park(call: Call): void {
    this.#parked.push(call);
  }

  /** The call gets no answer until its task gives it up. */
  hang(call: Call): void {
    this.#hung.push(call);
  }

  abandon(call: Call): void {
    const wasParked = remove(this.#parked, call);
    const wasHung = remove(this.#hung, call);
    if ((wasParked || wasHung) && this.#carrier?.mayArriveLate(call)) this.#strays.push(call);
  }

  /** Ends a task as if its process were gone. Calls on their way are lost with it. */
  kill(task: Task): void {
    const others = (call: Call) => call.task !== task;
    this.#parked = this.#parked.filter(others);
    this.#hung = this.#hung.filter(others);
    this.clock.forget(task);
    task.die();
  }

  /** Ends all tasks of a process. */
  killIsolate(isolate: string): void {
    for (const task of [...this.#tasks]) if (task.isolate === isolate) this.kill(task);
  }

  /** Lets one thing go on. Returns false when nothing waits but for time to pass. */
  async step(): Promise<boolean> {
    const next = this.#choose();
    if (!next) return false;
    this.steps += 1;
    await next();
    await quiescence();
    return true;
  }

  /** Throws when a task is left that nothing can wake. */
  assertIdle(): void {
    if (this.#tasks.size === 0) return;
    const names = [...this.#tasks].map((task) => task.name).join(", ");
    throw new Error(`these wait for something that never comes: ${names}`);
  }

  /** Lets time pass, in ms; timers fire when they are due. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.clock.now() + milliseconds;
    for (let timer = this.clock.next(until); timer; timer = this.clock.next(until)) {
      this.clock.fire(timer);
      await quiescence();
    }
    this.clock.pass(until - this.clock.now());
  }

  #choose(): (() => Promise<void>) | undefined {
    const parked = this.#parked.map((call) => [4, () => this.#carryOn(call)] as const);
    const strays = this.#strays.map((call) => [1, () => this.#arrive(call)] as const);
    const timer = this.clock.next();
    const isAwaited = timer !== undefined && this.clock.isAwaited(this.#tasks);
    const isNear = timer !== undefined && timer.due - this.clock.now() <= NEAR_MS;
    const fire = async () => timer && this.#fire(timer);
    if (parked.length + strays.length === 0) return isAwaited ? fire : undefined;
    const slowly = isNear ? 3 : this.#random.chance(this.#slowness) ? 1000 : 0;
    return this.#random.weighted([...parked, ...strays, ...(isAwaited || isNear ? [[slowly, fire] as const] : [])]);
  }

  #fire(timer: VirtualTimer): void {
    this.timeline.note(
      timer.party.name,
      `has waited (${this.#parked.length} parked, ${timer.due - this.clock.now()} ms)`,
    );
    this.clock.fire(timer);
  }

  async #carryOn(call: Call): Promise<void> {
    remove(this.#parked, call);
    this.clock.pass(this.#random.between(1, 20));
    await this.#carrier?.carry(call);
  }

  async #arrive(call: Call): Promise<void> {
    remove(this.#strays, call);
    this.clock.pass(this.#random.between(1, 20));
    await this.#carrier?.carryLate(call);
  }
}

function remove<T>(list: T[], entry: T): boolean {
  const index = list.indexOf(entry);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
