/** What can be wrong with a bill that has been downloaded. */

/**
 * - `interrupted`: the download broke off, or what came can't be unpacked
 * - `truncated`: the text ends before its summary
 * - `hash_mismatch`: the text is not the one that WeChat Pay's signed reply speaks of
 * - `missing_column`: a column that rows can't do without is not in the header
 * - `malformed_row`: a row has another number of values than the header, or a value that is not of its column's kind
 * - `row_count`: the summary counts other rows than there are
 *
 * After the first three, asking for the bill again may help; the others mean that its form has changed.
 */
export type BillFault =
  | "interrupted"
  | "truncated"
  | "hash_mismatch"
  | "missing_column"
  | "malformed_row"
  | "row_count";

/** A bill that can't be relied on. The message names lines and columns, never values: those are buyers' data. */
export class BillError extends Error {
  override readonly name = "BillError";
  readonly code: BillFault;
  /** Counted from 1, the header's; null where no single line is to blame. */
  readonly line: number | null;

  constructor(code: BillFault, problem: string, line: number | null = null) {
    super(line === null ? problem : `line ${line}: ${problem}`);
    this.code = code;
    this.line = line;
  }
}
