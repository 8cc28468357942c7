/** What happened, in order: the proof that a seed always means the same, and what its reader goes by. */
import { createHash } from "node:crypto";
import type { Clock } from "./clock.ts";

export class Timeline {
  readonly #clock: Clock;
  readonly #start: number;
  readonly #lines: string[] = [];
  /** How often each fault struck, by kind. */
  readonly faults = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** Writes one line: who, and what happened to whom. */
  note(who: string, what: string): void {
    this.#lines.push(`${elapsed(this.#clock.now() - this.#start)}  ${who.padEnd(26)} ${what}`);
  }

  /** Writes a line about a fault, and counts it. */
  fault(who: string, kind: string, what: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.note(who, `${what}  ✗ ${kind}`);
  }

  /** How many faults have struck so far. */
  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, count) => sum + count, 0);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** SHA-256 of all lines, in hex. */
  hash(): string {
    return createHash("sha256").update(this.#lines.join("\n")).digest("hex");
  }
}

/** Days, hours, minutes and seconds since the start, to the millisecond. */
function elapsed(milliseconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const seconds = milliseconds / 1000;
  const rest = String(milliseconds % 1000).padStart(3, "0");
  return `${two(seconds / 86_400)}d ${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}
