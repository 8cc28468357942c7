/** Bills as WeChat Pay writes them, and streams that deliver them in chunks of any size. */
import type { BillError } from "../../../../src/providers/bills/error.ts";
import { readBill } from "../../../../src/providers/wechat/bills/read.ts";
import { TRADE_BILL, type TradeBillRow } from "../../../../src/providers/wechat/bills/trade.ts";

export const TRADE_COLUMNS: readonly string[] = [
  "交易时间",
  "公众账号ID",
  "商户号",
  "特约商户号",
  "设备号",
  "微信订单号",
  "商户订单号",
  "用户标识",
  "交易类型",
  "交易状态",
  "付款银行",
  "货币种类",
  "应结订单金额",
  "代金券金额",
  "微信退款单号",
  "商户退款单号",
  "退款金额",
  "充值券退款金额",
  "退款类型",
  "退款状态",
  "商品名称",
  "商户数据包",
  "手续费",
  "费率",
  "订单金额",
  "申请退款金额",
  "费率备注",
];

const PAYMENT: Readonly<Record<string, string>> = {
  交易时间: "2026-11-21 10:00:01",
  公众账号ID: "wx2421b1c4370ec43b",
  商户号: "1900007291",
  特约商户号: "0",
  设备号: "013467007045764",
  微信订单号: "4200002026112100001",
  商户订单号: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  用户标识: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
  交易类型: "NATIVE",
  交易状态: "SUCCESS",
  付款银行: "OTHERS",
  货币种类: "CNY",
  应结订单金额: "100.00",
  代金券金额: "0.50",
  微信退款单号: "0",
  商户退款单号: "0",
  退款金额: "0.00",
  充值券退款金额: "0.00",
  商品名称: "新年礼盒\\ 红色",
  商户数据包: "",
  手续费: "0.60",
  费率: "0.60%",
  订单金额: "100.50",
  申请退款金额: "0.00",
};

export const REFUND: Readonly<Record<string, string>> = {
  交易时间: "2026-11-21 18:00:00",
  交易状态: "REFUND",
  应结订单金额: "0.00",
  代金券金额: "0.00",
  订单金额: "0.00",
  微信退款单号: "50000000382026112109732678859",
  商户退款单号: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1",
  退款金额: "49.90",
  充值券退款金额: "0.10",
  退款类型: "ORIGINAL",
  退款状态: "PROCESSING",
  手续费: "-0.30",
  申请退款金额: "50.00",
};

const TRADE_SUMMARY: Readonly<Record<string, string>> = {
  总交易单数: "2.0",
  应结订单总金额: "100.00",
  退款总金额: "49.90",
  充值券退款总金额: "0.10",
  手续费总金额: "0.30",
  订单总金额: "100.50",
  申请退款总金额: "50.00",
};

export const FLOW_COLUMNS: readonly string[] = [
  "记账时间",
  "微信支付业务单号",
  "资金流水单号",
  "业务名称",
  "业务类型",
  "收支类型",
  "收支金额(元)",
  "账户结余(元)",
  "资金变更提交申请人",
  "备注",
  "业务凭证号",
];

/** A line of data: a backtick before every value. Columns that `values` leaves out are those of a payment. */
export function billRow(columns: readonly string[], values: Readonly<Record<string, string>> = {}): string {
  return columns.map((name) => `\`${values[name] ?? PAYMENT[name] ?? ""}`).join(",");
}

interface BillParts {
  readonly columns?: readonly string[];
  readonly rows?: readonly string[];
  readonly summary?: Readonly<Record<string, string>>;
}

/** The lines of a bill: by default a payment and a refund of a part of it. */
export function billLines(parts: BillParts = {}): readonly string[] {
  const { columns = TRADE_COLUMNS, summary = TRADE_SUMMARY } = parts;
  const rows = parts.rows ?? [billRow(columns), billRow(columns, REFUND)];
  const names = Object.keys(summary);
  return [columns.join(","), ...rows, names.join(","), billRow(names, summary)];
}

/** The text of a bill as the real ones are: a byte order mark, and CRLF behind every line. */
export function billText(lines: readonly string[] = billLines()): string {
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** Delivers bytes in chunks of so many, one each time it is asked. */
export function inChunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    },
    { highWaterMark: 0 },
  );
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

export async function sha1Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads a trade bill that comes in chunks of so many bytes, under its right hash. */
export async function readTradeBill(text: string, chunkSize = 1000, packed = false) {
  const bytes = new TextEncoder().encode(text);
  const source = inChunks(packed ? await gzip(bytes) : bytes, chunkSize);
  const bill = readBill(source, await sha1Hex(bytes), TRADE_BILL);
  const rows: TradeBillRow[] = [];
  let next = await bill.next();
  for (; !next.done; next = await bill.next()) rows.push(next.value);
  return { rows, summary: next.value };
}

/** What reading a trade bill ends in, which must not be its end. */
export async function billFault(text: string): Promise<BillError> {
  return readTradeBill(text).then(
    () => Promise.reject(new Error("the bill was read")),
    (error: BillError) => error,
  );
}
