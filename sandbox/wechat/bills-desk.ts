/** Bills that were asked for and wait to be fetched, and how a test wants bills to be. */
import { randomText } from "../crypto.ts";
import { MINUTE } from "../times.ts";

/** A bill as it was when it was asked for. */
export interface Bill {
  readonly gzip: boolean;
  /** The text from its beginning, the same each time. */
  lines(): Iterable<string>;
}

const TOKEN_LIFE = 5 * MINUTE;

export class BillDesk {
  /** Whether the merchant still gets the old columns. */
  oldForm = false;
  readonly #invented = new Map<string, number>();
  readonly #issued = new Map<string, { readonly bill: Bill; readonly until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many payments that nobody made a day's bills list. */
  invented(date: string): number {
    return this.#invented.get(date) ?? 0;
  }

  invent(date: string, count: number): void {
    this.#invented.set(date, count);
  }

  /** Keeps a bill ready. Returns the token that fetches it within five minutes. */
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
    this.oldForm = false;
    this.#invented.clear();
    this.#issued.clear();
  }
}
