/** The text of a bill file: comment lines around a table whose cells are padded with tabs (Alipay, bill downloads). */
import { gbkBytes } from "../gbk.ts";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import type { BillPeriod } from "./bills-calendar.ts";

const END = "\r\n";
/** Characters gathered before they are encoded. */
const PIECE = 65_536;

export interface BillFile<Row> {
  /** 业务明细 or the like. */
  readonly title: string;
  readonly columns: readonly (readonly [name: string, cell: (row: Row) => string])[];
  /** Comment lines behind the table, once all rows have been written. */
  closing(): readonly string[];
}

/** A file's lines, as GBK. */
export function* fileBytes<Row>(
  world: World,
  period: BillPeriod,
  file: BillFile<Row>,
  rows: Iterable<Row>,
): Generator<Buffer> {
  let piece = "";
  for (const line of lines(world, period, file, rows)) {
    piece += line + END;
    if (piece.length < PIECE) continue;
    yield gbkBytes(piece);
    piece = "";
  }
  yield gbkBytes(piece);
}

function* lines<Row>(
  world: World,
  { from, to }: BillPeriod,
  { title, columns, closing }: BillFile<Row>,
  rows: Iterable<Row>,
): Generator<string> {
  const rule = "-".repeat(40);
  yield `#支付宝${title}查询`;
  yield `#账号：[${world.alipay.sellerId}0156]`;
  yield `#起始日期：[${chinese(from)}]   终止日期：[${chinese(to)}]`;
  yield `#${rule}${title}列表${rule}`;
  yield columns.map(([name]) => name).join(",");
  for (const row of rows) yield columns.map(([, cell]) => padded(cell(row))).join(",");
  yield `#${rule}${title}列表结束${rule}`;
  yield* closing();
  yield `#导出时间：[${chinese(world.clock.now())}]`;
}

/** A tab behind each value keeps spreadsheets from reading long numbers as numbers. */
function padded(text: string): string {
  const harmless = text.replaceAll(/[\r\n\t]/g, " ");
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}\t"` : `${harmless}\t`;
}

/** 2026年11月22日 20:15:00 */
function chinese(ms: number): string {
  return dateTime(ms).replace(/^(\d{4})-(\d\d)-(\d\d)/, "$1年$2月$3日");
}
