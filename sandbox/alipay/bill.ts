import { SECOND } from "../times.ts";
import type { ZipEntry } from "../zip.ts";

/** A bill as it was when it was asked for. */
export interface Bill {
  /** Without the suffix. */
  readonly name: string;
  entries(): readonly ZipEntry[];
}

/** For how long its address can be used, in ms. */
export const BILL_LIFE = 30 * SECOND;
