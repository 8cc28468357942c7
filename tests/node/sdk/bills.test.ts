/** A second opinion on WeChat Pay's bills: a published SDK finds the same values under the same columns. */
import { expect, test } from "vitest";
import { Formatter } from "wechatpay-axios-plugin";
import type { BillRow } from "../../../src/providers/bills/row.ts";
import { billLines } from "../../../src/providers/wechat/bills/lines.ts";
import { BillTable } from "../../../src/providers/wechat/bills/table.ts";
import { billText, inChunks } from "../../unit/providers/support/bills.ts";

const byColumn = (row: BillRow) => Object.fromEntries(row.header.names.map((name, index) => [name, row.values[index]]));

test("a trade bill", async () => {
  const bytes = new TextEncoder().encode(billText());
  const table = new BillTable({ summaryBegins: "总交易单数", row: byColumn, summary: byColumn });
  const rows: ReturnType<typeof byColumn>[] = [];
  for await (const lines of billLines(inChunks(bytes, 100))) rows.push(...table.rows(lines));
  expect({ rows, summary: table.summary }).toEqual(Formatter.castCsvBill(Buffer.from(bytes)));
});
