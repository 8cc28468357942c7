/**
 * Two clocks. The schedule clock moves trades and callbacks; it runs with the machine's and can be pushed ahead,
 * which plays everything that falls due on the way, in order. The wall clock dates signatures.
 */

interface Task {
  readonly due: number;
  readonly run: () => Promise<void> | void;
}

export class Clock {
  #ahead = 0;
  #wallOffset = 0;
  #stoppedAt: number | null = null;
  #tasks: Task[] = [];
  #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** The schedule clock, in ms since the epoch. */
  now(): number {
    return this.#stoppedAt ?? Date.now() + this.#ahead;
  }

  /** The wall clock, in ms since the epoch. */
  wall(): number {
    return Date.now() + this.#wallOffset;
  }

  get aheadSeconds(): number {
    return Math.round(this.#ahead / 1000);
  }

  get wallSeconds(): number {
    return Math.round(this.#wallOffset / 1000);
  }

  setWallOffset(seconds: number): void {
    this.#wallOffset = seconds * 1000;
  }

  /** Runs a task once the schedule clock reaches `due`. */
  at(due: number, run: () => Promise<void> | void): void {
    this.#tasks.push({ due, run });
    this.#tasks.sort((a, b) => a.due - b.due);
    this.#wind();
  }

  /** Pushes the schedule clock ahead. Resolves when all that fell due has been done, tasks under way included. */
  advance(seconds: number): Promise<void> {
    const turn = this.#turn.then(() => this.#play(seconds * 1000));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Back to the machine's time, with nothing left to do. */
  reset(): void {
    this.#tasks = [];
    this.#ahead = 0;
    this.#wallOffset = 0;
    this.#wind();
  }

  async #play(ms: number): Promise<void> {
    const target = this.now() + ms;
    this.#stoppedAt = this.now();
    try {
      await Promise.all(this.#running);
      for (let due = this.#nextDue(); due !== undefined && due <= target; due = this.#nextDue()) {
        this.#stoppedAt = Math.max(this.#stoppedAt, due);
        this.#runDue();
        await Promise.all(this.#running);
      }
    } finally {
      this.#stoppedAt = null;
      this.#ahead = target - Date.now();
      this.#wind();
    }
  }

  #nextDue(): number | undefined {
    return this.#tasks[0]?.due;
  }

  #runDue(): void {
    const now = this.now();
    const due = this.#tasks.filter((task) => task.due <= now);
    this.#tasks = this.#tasks.filter((task) => task.due > now);
    for (const task of due) this.#start(task);
  }

  #start(task: Task): void {
    const done = Promise.resolve()
      .then(task.run)
      .catch((error: unknown) => console.error("sandbox: a scheduled task failed:", error))
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Sets the machine's timer to the next task. Long waits go in pieces, as timers end at 2^31 ms. */
  #wind(): void {
    clearTimeout(this.#timer);
    const due = this.#nextDue();
    if (due === undefined || this.#stoppedAt !== null) return;
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(due - this.now(), 0), 1_000_000_000));
    this.#timer.unref();
  }

  #tick(): void {
    if (this.#stoppedAt !== null) return;
    this.#runDue();
    this.#wind();
  }
}
