/** A bill as a table: a header, rows, and a summary with a header of its own (WeChat Pay V3, "bills"). */
import { BillError } from "../../bills/error.ts";
import { BillHeader, BillRow } from "../../bills/row.ts";

/** What a kind of bill consists of. */
export interface BillForm<Row, Summary> {
  /** The first column of the summary: tells its header from a row. */
  readonly summaryBegins: string;
  row(row: BillRow): Row;
  summary(row: BillRow): Summary;
}

/** Reads a bill line by line. */
export class BillTable<Row, Summary> {
  /** How many rows there were so far. */
  rowCount = 0;
  /** There once its line has been read. */
  summary: Summary | undefined;
  /** The names of the rows' columns, there once the first line has been read. */
  columns: readonly string[] | undefined;
  readonly #form: BillForm<Row, Summary>;
  #header: BillHeader | undefined;
  #inSummary = false;
  #line = 0;

  constructor(form: BillForm<Row, Summary>) {
    this.#form = form;
  }

  /** Takes the lines that follow, and gives the rows in them. Throws BillError `missing_column` or `malformed_row`. */
  *rows(lines: Iterable<string>): Generator<Row, void, undefined> {
    for (const text of lines) {
      this.#line += 1;
      if (text === "") continue;
      if (this.summary) throw new BillError("malformed_row", "there is something behind the summary", this.#line);
      if (!this.#header || this.#beginsSummary(text)) this.#readHeader(text);
      else if (this.#inSummary) this.summary = this.#form.summary(this.#row(this.#header, text));
      else {
        yield this.#form.row(this.#row(this.#header, text));
        this.rowCount += 1;
      }
    }
  }

  #beginsSummary(text: string): boolean {
    return !this.#inSummary && text.split(",", 1)[0]?.trim() === this.#form.summaryBegins;
  }

  #readHeader(text: string): void {
    this.#inSummary = this.#header !== undefined;
    this.#header = new BillHeader(headerNames(text));
    this.columns ??= this.#header.names;
  }

  #row(header: BillHeader, text: string): BillRow {
    const values = splitRow(text, header.names.length);
    if (!values) throw new BillError("malformed_row", "it has another number of values than the header", this.#line);
    return new BillRow(header, this.#line, values);
  }
}

function headerNames(text: string): readonly string[] {
  const names = text.split(",");
  return names.at(-1) === "" ? names.slice(0, -1) : names;
}

/**
 * A row's values, without the backtick in front of each. A comma may stand behind the last one. Commas in what
 * merchants wrote are escaped; should one not be, the backticks still tell where values begin.
 */
function splitRow(text: string, width: number): readonly string[] | undefined {
  const closed = text.endsWith(",") ? text.slice(0, -1) : text;
  const ways = [() => text.split(","), () => closed.split(","), () => closed.split(",`")];
  for (const split of ways) {
    const values = split();
    if (values.length === width) return values.map((value) => (value.startsWith("`") ? value.slice(1) : value));
  }
  return undefined;
}
