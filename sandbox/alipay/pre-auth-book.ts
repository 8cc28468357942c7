/** Pre-authorisations as Alipay keeps them: a buyer's frozen money, what was captured of it and what was released. */
import { randomDigits } from "../crypto.ts";
import { compactDate } from "../times.ts";

/** `order_status`. */
type FreezeStatus = "INIT" | "AUTHORIZED" | "FINISH" | "CLOSED";
export type Channel = "app" | "qr" | "barcode";

export interface Release {
  readonly outRequestNo: string;
  readonly operationId: string;
  readonly amount: number;
  readonly remark: string;
  readonly at: number;
}

/** Amounts are fen, times ms of the schedule clock. */
export interface Freeze {
  readonly outOrderNo: string;
  readonly outRequestNo: string;
  readonly operationId: string;
  readonly channel: Channel;
  readonly title: string;
  readonly amount: number;
  readonly notifyUrl: string | undefined;
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  readonly codeValue: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Before the buyer opens a code or an order string there is no order. */
  opened: boolean;
  status: FreezeStatus;
  authNo: string | null;
  frozenAt: number | null;
  captured: number;
  readonly releases: Release[];
}

type FreezeDraft = Pick<
  Freeze,
  "outOrderNo" | "outRequestNo" | "channel" | "title" | "amount" | "notifyUrl" | "fingerprint" | "expiresAt" | "opened"
>;

/** What is frozen still. */
export function rest(freeze: Freeze): number {
  if (freeze.status !== "AUTHORIZED") return 0;
  return freeze.amount - freeze.captured - released(freeze);
}

export function released(freeze: Freeze): number {
  return freeze.releases.reduce((sum, release) => sum + release.amount, 0);
}

export class PreAuthBook {
  readonly #all = new Map<string, Freeze>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Every freeze, newest first. */
  list(): Freeze[] {
    return [...this.#all.values()].map((freeze) => this.#current(freeze)).reverse();
  }

  byOutOrderNo(outOrderNo: string): Freeze | undefined {
    const freeze = this.#all.get(outOrderNo);
    return freeze && this.#current(freeze);
  }

  byAuthNo(authNo: string): Freeze | undefined {
    return this.list().find((freeze) => freeze.authNo === authNo);
  }

  enter(draft: FreezeDraft): Freeze {
    const now = this.#now();
    const freeze: Freeze = {
      ...draft,
      operationId: `${compactDate(now)}${randomDigits(12)}`,
      codeValue: `https://qr.alipay.com/fp${randomDigits(22)}`,
      createdAt: now,
      ...{ status: "INIT", authNo: null, frozenAt: null, captured: 0, releases: [] },
    };
    this.#all.set(freeze.outOrderNo, freeze);
    return freeze;
  }

  /** The buyer confirms. */
  freeze(freeze: Freeze): void {
    if (this.#current(freeze).status !== "INIT") throw new Error(`freeze ${freeze.outOrderNo} is ${freeze.status}`);
    const now = this.#now();
    const authNo = `${compactDate(now)}10${randomDigits(18)}`;
    Object.assign(freeze, { opened: true, status: "AUTHORIZED", authNo, frozenAt: now });
  }

  /** Takes some of the frozen money, all of it at the latest by the end. */
  capture(freeze: Freeze, amount: number, end: boolean): void {
    if (amount > rest(freeze)) throw new Error(`freeze ${freeze.outOrderNo} does not hold so much`);
    freeze.captured += amount;
    if (end || rest(freeze) === 0) freeze.status = "FINISH";
  }

  release(freeze: Freeze, wanted: Pick<Release, "outRequestNo" | "amount" | "remark">): Release {
    if (wanted.amount > rest(freeze)) throw new Error(`freeze ${freeze.outOrderNo} does not hold so much`);
    const now = this.#now();
    const done = { ...wanted, operationId: `${compactDate(now)}${randomDigits(12)}`, at: now };
    freeze.releases.push(done);
    if (rest(freeze) === 0) freeze.status = "FINISH";
    return done;
  }

  close(freeze: Freeze): void {
    freeze.status = "CLOSED";
  }

  clear(): void {
    this.#all.clear();
  }

  #current(freeze: Freeze): Freeze {
    if (freeze.status === "INIT" && this.#now() >= freeze.expiresAt) freeze.status = "CLOSED";
    return freeze;
  }
}
