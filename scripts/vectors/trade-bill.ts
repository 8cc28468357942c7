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
    const bill = await readAsText(inputs.text("csv"));
    return {
      columns: bill.firstRow && isColumns(bill.firstRow.header.names),
      firstRow: bill.firstRow && isRow(bill.firstRow),
      summary: bill.summary && isRow(bill.summary),
    };
  },
};

async function readAsText(csv: string): Promise<{ readonly firstRow?: BillRow; readonly summary?: BillRow }> {
  const table = new BillTable(AS_TEXT);
  let firstRow: BillRow | undefined;
  try {
    for await (const lines of billLines(chunksOf(csv))) {
      for (const row of table.rows(lines)) firstRow ??= row;
    }
  } catch (error) {
    // A vector may show the beginning of a bill only.
    if (!(error instanceof BillError)) throw error;
  }
  return { ...(firstRow && { firstRow }), ...(table.summary && { summary: table.summary }) };
}

/** The download may cut it anywhere. */
async function* chunksOf(csv: string): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = utf8(csv);
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

/** Columns by their names, or how many there are. */
function isColumns(names: readonly string[]): Meets {
  return (expected) => {
    if (typeof expected === "number") return expected === names.length;
    const wanted = typeof expected === "string" ? expected.split(",") : expected;
    return Array.isArray(wanted) && isSame(names, wanted);
  };
}

/** Values in the order of the columns, or by column, or as they stand in the file. */
function isRow(row: BillRow): Meets {
  return (expected) => {
    if (typeof expected === "string") return isSame(row.values, expected.trimEnd().split(",`"));
    if (Array.isArray(expected)) return isSame(row.values, expected);
    if (typeof expected !== "object" || expected === null) return false;
    const { names } = row.header;
    const entries = Object.entries(expected);
    return entries.length > 0 && entries.every(([name, value]) => isSame([row.values[names.indexOf(name)]], [value]));
  };
}

function isSame(actual: readonly (string | undefined)[], expected: readonly unknown[]): boolean {
  return actual.length === expected.length && actual.every((text, index) => isSameValue(text, expected[index]));
}

/** Values may be expected with the backtick in front of them, and numbers as such. */
function isSameValue(actual: string | undefined, expected: unknown): boolean {
  if (typeof expected === "number") return actual !== undefined && actual !== "" && Number(actual) === expected;
  return typeof expected === "string" && actual === expected.replace(/^\ufeff?`?/, "");
}
