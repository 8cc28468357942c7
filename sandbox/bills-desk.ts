/** Bills that were asked for and wait to be fetched, and payments that nobody made, for bills of any size. */
import { randomText } from "./crypto.ts";

export class BillDesk<Bill> {
  readonly #invented = new Map<string, number>();
  readonly #issued = new Map<string, { readonly bill: Bill; readonly until: number }>();
  readonly #now: () => number;
  readonly #tokenLife: number;

  /** @param tokenLife for how many milliseconds a bill can be fetched once it was asked for */
  constructor(now: () => number, tokenLife: number) {
    this.#now = now;
    this.#tokenLife = tokenLife;
  }

  /** How many payments that nobody made the bills of a day (yyyy-MM-dd) list. */
  invented(date: string): number {
    return this.#invented.get(date) ?? 0;
  }

  invent(date: string, count: number): void {
    this.#invented.set(date, count);
  }

  /** Keeps a bill ready. Returns the token that fetches it. */
  issue(bill: Bill): string {
    const token = randomText(40);
    this.#issued.set(token, { bill, until: this.#now() + this.#tokenLife });
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
