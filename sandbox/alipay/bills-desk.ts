/** Bills that were asked for and wait to be fetched, and payments that nobody made, for bills of any size. */
import { randomText } from "../crypto.ts";
import { SECOND } from "../times.ts";
import type { ZipEntry } from "../zip.ts";

/** A bill as it was when it was asked for. */
export interface Bill {
  /** Without the suffix. */
  readonly name: string;
  entries(): readonly ZipEntry[];
}

/** The address of a bill lives thirty seconds. */
const TOKEN_LIFE = 30 * SECOND;

export class BillDesk {
  readonly #invented = new Map<string, number>();
  readonly #issued = new Map<string, { readonly bill: Bill; readonly until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many payments that nobody made the bills of a day (yyyy-MM-dd) list. */
  invented(date: string): number {
    return this.#invented.get(date) ?? 0;
  }

  invent(date: string, count: number): void {
    this.#invented.set(date, count);
  }

  issue(bill: Bill): string {
    const token = randomText(40);
    this.#issued.set(token, { bill, until: this.#now() + TOKEN_LIFE });
    return token;
  }

  issued(token: string): Bill | undefined {
    const there = this.#issued.get(token);
    return there && this.#now() < there.until ? there.bill : undefined;
  }

  clear(): void {
    this.#invented.clear();
    this.#issued.clear();
  }
}
