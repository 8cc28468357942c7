/** Bills as Alipay gives them out: zips of two files in GBK, commented, padded with tabs. */
import { Zip, ZipDeflate, zipSync } from "fflate";
import type { BillForm } from "../../../../src/providers/alipay/bills/form.ts";
import { readBill } from "../../../../src/providers/alipay/bills/read.ts";
import { inChunks } from "./bills.ts";

const TRADE_COLUMNS =
  "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";
const LEDGER_COLUMNS =
  "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注";

export const PAYMENT =
  "2026112122001400000000000001\t,01JD8ZC4Q6V0X5T2R9N7M3K1B8A1\t,交易      ,新年礼盒	,2026-11-21 10:00:00,2026-11-21 10:00:05,	,	,	,	,张*(abc***@example.com)	,100.50,100.50,0.00,0.00,0.50,0.00,0.00,	,0.00,0.00,	,-0.60,0.00,\t";
export const REFUND =
  "2026112122001400000000000001\t,01JD8ZC4Q6V0X5T2R9N7M3K1B8A1\t,退款      ,新年礼盒	,2026-11-21 10:00:00,2026-11-21 18:00:00,	,	,	,	,张*(abc***@example.com)	,-50.00,-50.00,0.00,0.00,0.00,0.00,0.00,	,0.00,0.00,01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1\t,0.30,0.00,不要了\t";
const INCOME =
  "200000000000001\t,2026112122001400000000000001\t,01JD8ZC4Q6V0X5T2R9N7M3K1B8A1\t,新年礼盒\t,2026-11-21 10:00:05,张*\t,100.50,,1100.50,支付宝\t,在线支付\t,\t";
const EXPENSE =
  "200000000000002\t,2026112122001400000000000001\t,01JD8ZC4Q6V0X5T2R9N7M3K1B8A1\t,新年礼盒\t,2026-11-21 18:00:00,张*\t,,-50.00,1050.50,支付宝\t,交易退款\t,\t";

interface BillParts {
  readonly title: string;
  readonly columns: string;
  readonly rows: readonly string[];
  readonly totals?: readonly string[];
}

function file({ title, columns, rows, totals = [] }: BillParts): readonly string[] {
  return [
    `#支付宝${title}查询`,
    "#账号：[20880000000000010156]",
    "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]",
    `#-----------------------------------------${title}列表----------------------------------------`,
    columns,
    ...rows,
    `#-----------------------------------------${title}列表结束------------------------------------`,
    ...totals,
    "#导出时间：[2026年11月22日 09:00:00]",
  ];
}

export const TRADE_TOTALS = [
  "#交易合计：1笔，商家实收共100.50元，商家优惠共0.00元",
  "#退款合计：1笔，商家实收退款共-50.00元，商家优惠退款共0.00元",
];

/** The lines of the file of trades. */
export function tradeLines(rows: readonly string[] = [PAYMENT, REFUND], totals: readonly string[] = TRADE_TOTALS) {
  return file({ title: "业务明细", columns: TRADE_COLUMNS, rows, totals });
}

export const STORES = file({
  title: "业务汇总",
  columns:
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）",
  rows: ["合计\t,\t,1,1,50.50,50.50,0.50,0.00,0.00,-0.30,0.00,50.20"],
});

export const LEDGER_LINES = file({
  title: "账务明细",
  columns: LEDGER_COLUMNS,
  rows: [INCOME, EXPENSE],
  totals: ["#支出合计：1笔，共-50.00元", "#收入合计：1笔，共100.50元"],
});

export const TYPES = file({
  title: "账务汇总",
  columns: "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）",
  rows: ["在线支付,1,100.50,0,0.00,100.50", "合计,1,+100.50,1,-50.00,50.50"],
});

let codes: ReadonlyMap<string, number> | undefined;

/** Encodes text as GBK, by the platform's decoder read backwards. */
function gbk(text: string): Uint8Array<ArrayBuffer> {
  codes ??= gbkCodes();
  const bytes: number[] = [];
  for (const character of text) {
    const code = codes.get(character) ?? character.charCodeAt(0);
    if (code < 0x80) bytes.push(code);
    else bytes.push(code >> 8, code & 0xff);
  }
  return Uint8Array.from(bytes);
}

function gbkCodes(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder("gbk");
  const found = new Map<string, number>();
  for (let high = 0x81; high <= 0xfe; high += 1) {
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const text = decoder.decode(Uint8Array.of(high, low));
      if (text.length === 1 && text !== "\ufffd") found.set(text, (high << 8) | low);
    }
  }
  return found;
}

export const textOf = (lines: readonly string[]) => gbk(`${lines.join("\r\n")}\r\n`);

/** A zip with these files. Their names are GBK too, and not marked as such. */
export function zipOf(...files: readonly (readonly string[])[]): Uint8Array<ArrayBuffer> {
  const names = files.map((lines, index) => [`20880000000000010156_20261121_${index}.csv`, textOf(lines)] as const);
  return new Uint8Array(zipSync(Object.fromEntries(names)));
}

/** The same as programs write it that don't know sizes beforehand. */
export function streamedZipOf(...files: readonly (readonly string[])[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const zip = new Zip((_, part) => void parts.push(part));
  for (const [index, lines] of files.entries()) {
    const entry = new ZipDeflate(`${index}.csv`);
    zip.add(entry);
    entry.push(textOf(lines), true);
  }
  zip.end();
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Reads a bill that comes in chunks of so many bytes. */
export async function readWhole<Row, SummaryRow, Summary>(
  zip: Uint8Array,
  form: BillForm<Row, SummaryRow, Summary>,
  chunkSize = 1000,
) {
  const bill = readBill(inChunks(zip, chunkSize), form);
  const rows: Row[] = [];
  let next = await bill.next();
  for (; !next.done; next = await bill.next()) rows.push(next.value);
  return { rows, summary: next.value };
}
