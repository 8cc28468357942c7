/** Reading a bill while it is being downloaded, and checking it as a whole at its end (Alipay, "bill download"). */
import { BillError } from "../../bills/error.ts";
import { LineCutter } from "../../bills/lines.ts";
import { type EntryPiece, zipEntries } from "./entries.ts";
import type { BillForm } from "./form.ts";
import { BillTable } from "./table.ts";

/** Rows as they come, and the summary at the end. */
export type BillRows<Row, Summary> = AsyncGenerator<Row, Summary, undefined>;

/** Stores and kinds of business that a summary may name. More would fill the memory. */
const MOST_SUMMARY_ROWS = 10_000;

/**
 * Reads a bill row by row, in bounded memory. Whether it is whole is known at its end only: rows count once the
 * generator has finished and returned the summary. Ending it, even before its first row, ends the download.
 * @param source the zip that was downloaded
 * @throws BillError
 */
export function readBill<Row, SummaryRow, Summary>(
  source: ReadableStream<Uint8Array>,
  form: BillForm<Row, SummaryRow, Summary>,
): BillRows<Row, Summary> {
  const rows = new BillReader(form).read(source);
  const end = rows.return.bind(rows);
  // A generator that was never asked for a row has nothing to clean up; one that was has the source to itself.
  rows.return = async (value) => {
    if (!source.locked) await source.cancel();
    return end(value);
  };
  return rows;
}

interface File {
  readonly table: BillTable;
  readonly cutter: LineCutter;
}

class BillReader<Row, SummaryRow, Summary> {
  readonly #form: BillForm<Row, SummaryRow, Summary>;
  readonly #files = new Map<number, File>();
  readonly #summaryRows: SummaryRow[] = [];
  #rowCount = 0;

  constructor(form: BillForm<Row, SummaryRow, Summary>) {
    this.#form = form;
  }

  async *read(source: ReadableStream<Uint8Array>): BillRows<Row, Summary> {
    for await (const piece of zipEntries(source)) yield* this.#rows(piece);
    return this.#summary();
  }

  *#rows({ entry, bytes, last }: EntryPiece): Generator<Row, void, undefined> {
    const { table, cutter } = this.#file(entry);
    const lines = last ? [...cutter.push(bytes), ...cutter.end()] : cutter.push(bytes);
    for (const row of table.rows(lines)) {
      if (this.#isDetail(table)) {
        yield this.#form.row(row);
        this.#rowCount += 1;
      } else if (this.#summaryRows.push(this.#form.summaryRow(row)) > MOST_SUMMARY_ROWS) {
        throw new BillError("malformed_row", "the summary is longer than any can be");
      }
    }
  }

  #file(entry: number): File {
    const known = this.#files.get(entry);
    if (known) return known;
    const file = { table: new BillTable(), cutter: new LineCutter("gb18030") };
    this.#files.set(entry, file);
    return file;
  }

  /** Names of files are not relied on: the header tells which one it is. */
  #isDetail({ header }: BillTable): boolean {
    return header?.names.includes(this.#form.detailColumn) === true;
  }

  #summary(): Summary {
    const detail = [...this.#files.values()].map(({ table }) => table).find((table) => this.#isDetail(table));
    if (!detail) throw new BillError("missing_column", `no file has the column ${this.#form.detailColumn}`);
    if (!detail.isComplete) throw new BillError("truncated", "the bill ends before the mark behind its last row");
    const counts = this.#form.counted.map((name) => detail.totals.get(name)?.count);
    const stated = counts.reduce<number | undefined>(
      (sum, one) => (sum === undefined || one === undefined ? undefined : sum + one),
      0,
    );
    if (stated !== undefined && stated !== this.#rowCount) {
      throw new BillError("row_count", `the bill has ${this.#rowCount} rows, and ${stated} by its totals`);
    }
    return this.#form.summary(this.#rowCount, detail.totals, this.#summaryRows);
  }
}
