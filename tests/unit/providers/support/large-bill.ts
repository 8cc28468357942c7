/** A bill of 100,000 payments, some 32 MB, that is never in memory as a whole. */
import { billRow, TRADE_COLUMNS } from "./bills.ts";

export const LARGE_BILL_ROWS = 100_000;
const ROWS_A_CHUNK = 40;

/** Its text, made chunk by chunk as it is asked for. The same each time. */
export function* largeBill(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new TextEncoder();
  yield encoder.encode(`\ufeff${TRADE_COLUMNS.join(",")}\r\n`);
  for (let from = 0; from < LARGE_BILL_ROWS; from += ROWS_A_CHUNK) {
    yield encoder.encode(Array.from({ length: ROWS_A_CHUNK }, (_, index) => line(from + index)).join(""));
  }
  yield encoder.encode(`总交易单数,应结订单总金额\r\n\`${LARGE_BILL_ROWS}.0,\`1.00\r\n`);
}

/** Numbers of trades and buyers hardly repeat themselves, so they do not here: it decides how well a bill packs. */
function line(index: number): string {
  const scattered = (index * 2_654_435_761) % 4_294_967_296;
  const digits = `${String(scattered).padStart(10, "0")}${String(index).padStart(8, "0")}`;
  const payment = {
    微信订单号: `42000020261121${digits}`,
    商户订单号: `S${digits}`,
    用户标识: `oUpF8${scattered.toString(36).padStart(7, "0")}${(scattered * 31).toString(36)}`,
    应结订单金额: `${scattered % 1000}.${String(index % 100).padStart(2, "0")}`,
  };
  return `${billRow(TRADE_COLUMNS, payment)}\r\n`;
}

/** Hands out chunks one at a time and tells how many bytes it has handed out. */
export function lazily(chunks: Iterator<Uint8Array<ArrayBuffer>, void>) {
  const progress = { sent: 0 };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const { value } = chunks.next();
        if (!value) return controller.close();
        progress.sent += value.length;
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, progress };
}
