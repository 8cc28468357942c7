/** What a kind of bill consists of. */
import type { BillRow } from "../../bills/row.ts";
import { signedFen } from "../../bills/values.ts";
import type { BillTotals } from "./table.ts";

export interface BillForm<Row, SummaryRow, Summary> {
  /** A column that only the file of details has. */
  readonly detailColumn: string;
  /** What the totals count; together all rows. */
  readonly counted: readonly string[];
  row(row: BillRow): Row;
  summaryRow(row: BillRow): SummaryRow;
  /** @param rows how many there were */
  summary(rows: number, totals: BillTotals, summaryRows: readonly SummaryRow[]): Summary;
}

/** A total; what is not stated is null. */
export function totalOf(
  totals: BillTotals,
  name: string,
): { readonly count: number | null; readonly amount: number | null } {
  const total = totals.get(name);
  return { count: total?.count ?? null, amount: signedFen(total?.amount ?? "") ?? null };
}
