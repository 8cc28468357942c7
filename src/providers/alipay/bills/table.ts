/**
 * One file of a bill as a table (Alipay, "bill download"): comments that begin with `#`, a header, rows whose values
 * are padded with tabs, an end mark among the comments, and totals behind it.
 */
import { BillError } from "../../bills/error.ts";
import { BillHeader, BillRow } from "../../bills/row.ts";

/** Totals that comments behind the rows state, such as `#交易合计：2笔，商家实收共30.00元`, by what they count. */
export type BillTotals = ReadonlyMap<string, { readonly count: number; readonly amount: string }>;

/** A bill states two or three. More names would fill the memory. */
const MOST_TOTALS = 100;

const END_MARK = /列表结束-*$/;
const TOTAL = /^#\s*(\S+?)合计[:：]\s*(\d+)\s*笔[,，][^,，]*?共\s*(-?\d+(?:\.\d+)?)\s*元/;

/** Reads a file line by line. */
export class BillTable {
  /** There once the header has been read. */
  header: BillHeader | undefined;
  readonly totals = new Map<string, { readonly count: number; readonly amount: string }>();
  /** Whether the mark behind the last row was there. */
  isComplete = false;
  #line = 0;

  /** Takes the lines that follow, and gives the rows in them. Throws BillError `malformed_row`. */
  *rows(lines: Iterable<string>): Generator<BillRow, void, undefined> {
    for (const text of lines) {
      this.#line += 1;
      if (text.startsWith("#")) this.#readComment(text.trimEnd());
      else if (text.trim() === "") continue;
      else if (this.header) yield this.#row(this.header, text);
      else this.header = new BillHeader(text.split(",").map(withoutPadding));
    }
  }

  #readComment(text: string): void {
    if (END_MARK.test(text)) this.isComplete = true;
    const [, name, count, amount] = TOTAL.exec(text) ?? [];
    if (name && amount !== undefined) this.totals.set(name, { count: Number(count), amount });
    if (this.totals.size > MOST_TOTALS)
      throw new BillError("malformed_row", "it states more totals than any can", this.#line);
  }

  #row(header: BillHeader, text: string): BillRow {
    const values = splitRow(text, header.names.length);
    if (!values) throw new BillError("malformed_row", "it has another number of values than the header", this.#line);
    return new BillRow(header, this.#line, values);
  }
}

/**
 * A row's values without their padding. A comma may stand behind the last one. Values that hold commas are quoted;
 * should one not be, the padding still tells where values end.
 */
function splitRow(text: string, width: number): readonly string[] | undefined {
  const ways = [splitQuoted(text), text.split(/[\t ]+,/)];
  const exact = ways.find(({ length }) => length === width);
  const closed = ways.find((values) => values.length === width + 1 && values.at(-1)?.trim() === "");
  return (exact ?? closed?.slice(0, -1))?.map(withoutPadding);
}

const VALUE = /(?<=^|,)(?:"((?:[^"]|"")*)"[\t ]*|([^,]*))(?=,|$)/g;

function splitQuoted(text: string): readonly string[] {
  return Array.from(text.matchAll(VALUE), ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);
}

function withoutPadding(value: string): string {
  return value.trim();
}
