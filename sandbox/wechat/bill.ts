import { MINUTE } from "../times.ts";

/** A bill as it was when it was asked for. */
export interface Bill {
  readonly gzip: boolean;
  /** The text from its beginning, the same each time. */
  lines(): Iterable<string>;
}

/** For how long its address can be used, in ms. */
export const BILL_LIFE = 5 * MINUTE;
