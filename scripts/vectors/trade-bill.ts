/** Trade bills: what the reader of bills makes of columns, rows and summary, before it gives them types. */
import { utf8 } from "../../src/crypto/bytes.ts";
import { BillError } from "../../src/providers/bills/error.ts";
import type { BillRow } from "../../src/providers/bills/row.ts";
import { billLines } from "../../src/providers/wechat/bills/lines.ts";
import { type BillForm, BillTable } from "../../src/providers/wechat/bills/table.ts";
import { TRADE_BILL } from "../../src/providers/wechat/bills/trade.ts";
import type { Kinds, Meets } from "./kind.ts";

const AS_TEXT: BillForm<BillRow, BillRow> = {
  summaryBegins: TRADE_BILL.summaryBegins,
  row: (row) => row,
  summary: (row) => row,
};

export const BILL_KINDS: Kinds = {
  "wechat.trade-bill": async (inputs) => {
    const { columns, firstRow, summary, isCutOff } = await readAsText(inputs.text("csv"));
    const none = isCutOff ? undefined : isNothing;
    return {
      columns: columns && isColumns(columns),
      firstRow: firstRow ? isRow(firstRow) : none,
      summary: summary ? isRow(summary) : none,
    };
  },
};

interface TextBill {
  readonly columns: readonly string[] | undefined;
  readonly firstRow: BillRow | undefined;
  readonly summary: BillRow | undefined;
  /** A vector may show the beginning of a bill only. */
  readonly isCutOff: boolean;
}

async function readAsText(csv: string): Promise<TextBill> {
  const table = new BillTable(AS_TEXT);
  let firstRow: BillRow | undefined;
  let isCutOff = false;
  try {
    for await (const lines of billLines(chunksOf(csv))) {
      for (const row of table.rows(lines)) firstRow ??= row;
    }
  } catch (error) {
    if (!(error instanceof BillError)) throw error;
    isCutOff = true;
  }
  return { columns: table.columns, firstRow, summary: table.summary, isCutOff };
}

/** The download may cut it anywhere. */
async function* chunksOf(csv: string): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = utf8(csv);
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

/** Columns by their names, as they stand in the file, or how many there are. */
function isColumns(names: readonly string[]): Meets {
  return (expected) => {
    if (typeof expected === "number") return expected === names.length;
    return isSame(names, typeof expected === "string" ? unframed(expected).split(",") : expected);
  };
}

const isNothing: Meets = (expected) =>
  expected === null || (typeof expected === "object" && Object.keys(expected).length === 0);

/** Values in the order of the columns, or by column, or as they stand in the file, with their header or without. */
function isRow({ header: { names }, values }: BillRow): Meets {
  return (expected) => {
    if (typeof expected === "string") {
      const line = unframed(expected);
      return line === values.join(",") || isSame(values, line.split(",`"));
    }
    if (typeof expected !== "object" || expected === null) return false;
    if (isSame(values, expected)) return true;
    if ("columns" in expected && "values" in expected)
      return isTable(names, values, [expected.columns, expected.values]);
    return isTable(names, values, expected) || hasEntries(names, values, expected);
  };
}

/** A header and a row, one below the other. */
function isTable(names: readonly string[], values: readonly string[], expected: unknown): boolean {
  return Array.isArray(expected) && expected.length === 2 && isSame(names, expected[0]) && isSame(values, expected[1]);
}

/** Some values by the names of their columns. */
function hasEntries(names: readonly string[], values: readonly string[], expected: object): boolean {
  const entries: unknown[] = Array.isArray(expected) ? expected : Object.entries(expected);
  return (
    entries.length > 0 &&
    entries.every((entry) => {
      if (!Array.isArray(entry) || entry.length !== 2) return false;
      const value = values[names.indexOf(unframed(String(entry[0])))];
      return value !== undefined && isSameValue(value, entry[1]);
    })
  );
}

function isSame(actual: readonly string[], expected: unknown): boolean {
  if (!Array.isArray(expected) || actual.length !== expected.length) return false;
  return actual.every((text, index) => isSameValue(text, expected[index]));
}

/** Values may be expected with the backtick in front of them, and numbers as such, or without their empty decimals. */
function isSameValue(actual: string, expected: unknown): boolean {
  if (typeof expected === "number") return actual !== "" && Number(actual) === expected;
  return (
    typeof expected === "string" && withoutDecimals(actual) === withoutDecimals(expected.replace(/^\ufeff?`?/, ""))
  );
}

function withoutDecimals(text: string): string {
  return text.replace(/^(-?\d+)\.0+$/, "$1");
}

/** A line of the file without what frames it there. */
function unframed(line: string): string {
  return line.replace(/^\ufeff/, "").replace(/[\r\n]+$/, "");
}
