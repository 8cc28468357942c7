/** The text of a bill: header, rows, summary, as WeChat Pay writes them (WeChat Pay V3, bills). */

const BOM = "\ufeff";
const END = "\r\n";

/** A value of a row, as text. */
export type Cell<Row> = (row: Row) => string;

/** A column of the summary: what each row adds to it, and how the sum is printed. */
export interface Total<Row> {
  readonly name: string;
  amount(row: Row): number;
  print(sum: number): string;
}

/** A bill of one form: what its columns and its summary say of a row. */
export interface Form<Row> {
  readonly columns: readonly (readonly [name: string, cell: Cell<Row>])[];
  readonly totals: readonly Total<Row>[];
}

/** Writes a bill line by line, so that a large one is never in memory as a whole. */
export function* billText<Row>(form: Form<Row>, rows: Iterable<Row>): Generator<string> {
  const sums = form.totals.map(() => 0);
  yield BOM + names(form.columns.map(([name]) => name));
  for (const row of rows) {
    form.totals.forEach((total, index) => {
      sums[index] = (sums[index] ?? 0) + total.amount(row);
    });
    yield values(form.columns.map(([, cell]) => cell(row)));
  }
  yield names(form.totals.map((total) => total.name));
  yield values(form.totals.map((total, index) => total.print(sums[index] ?? 0)));
}

/** 8880 becomes "88.80", -5 becomes "-0.05"; `decimals` beyond two are zeros. */
export function yuan(fen: number, decimals = 2): string {
  const digits = String(Math.abs(fen)).padStart(3, "0");
  return `${fen < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2).padEnd(decimals, "0")}`;
}

/** The merchant's own words, without what would break a line apart: a comma becomes "\ ", a line break "\n". */
export function merchantText(text: string): string {
  return /[,\r\n]/.test(text) ? text.replaceAll(",", "\\ ").replaceAll(/\r\n|\r|\n/g, "\\n") : text;
}

function names(columns: readonly string[]): string {
  return columns.join(",") + END;
}

function values(cells: readonly string[]): string {
  return `\`${cells.join(",`")}${END}`;
}
