import { Zip, ZipDeflate } from "fflate";
import { beforeAll, expect, test } from "vitest";
import { readBill } from "../../../../../src/providers/alipay/bills/read.ts";
import { TRADE_BILL } from "../../../../../src/providers/alipay/bills/trade.ts";
import { PAYMENT, textOf, tradeLines } from "../../support/alipay-bills.ts";
import { lazily } from "../../support/large-bill.ts";

const ROWS = 100_000;
const ROWS_A_CHUNK = 500;
const CHUNK_BYTES = 16 * 1024;

let packed: Uint8Array<ArrayBuffer>;
let unpackedLength = 0;
beforeAll(() => {
  const parts: Uint8Array[] = [];
  const zip = new Zip((_, part) => void parts.push(part));
  const entry = new ZipDeflate("1.csv", { level: 1 });
  zip.add(entry);
  for (const bytes of chunks()) {
    unpackedLength += bytes.length;
    entry.push(bytes);
  }
  entry.push(new Uint8Array(), true);
  zip.end();
  packed = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
}, 60_000);

/** The text of a bill of 100,000 payments, some 25 MB, made piece by piece. */
function* chunks(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const lines = tradeLines([], [`#交易合计：${ROWS}笔，商家实收共1.00元`, "#退款合计：0笔，商家实收退款共0.00元"]);
  yield textOf(lines.slice(0, 5));
  const encoder = new TextEncoder();
  const [, , , ...rest] = PAYMENT.split(",");
  const tail = textOf([rest.join(",")]);
  const middle = textOf(["交易"]).slice(0, -2);
  for (let from = 0; from < ROWS; from += ROWS_A_CHUNK) {
    const rows = Array.from({ length: ROWS_A_CHUNK }, (_, index) => {
      const scattered = String(((from + index) * 2_654_435_761) % 4_294_967_296).padStart(10, "0");
      const head = encoder.encode(`2026112122${scattered}${from + index}\t,S${scattered}\t,`);
      return [head, middle, encoder.encode(","), tail];
    });
    yield Uint8Array.from(rows.flatMap((parts) => parts.flatMap((part) => [...part])));
  }
  yield textOf(lines.slice(5));
}

function* inPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let at = 0; at < packed.length; at += CHUNK_BYTES) yield packed.slice(at, at + CHUNK_BYTES);
}

test("100,000 zipped rows are taken in as they are read", async () => {
  expect(packed.length).toBeLessThan(unpackedLength / 4);
  const { stream, progress } = lazily(inPieces());
  let rows = 0;
  let furthest = 0;
  for await (const _ of readBill(stream, TRADE_BILL)) {
    rows += 1;
    furthest = Math.max(furthest, (progress.sent / packed.length) * ROWS - rows);
  }
  expect(rows).toBe(ROWS);
  expect(Math.ceil(furthest)).toBeLessThan(ROWS / 50);
}, 60_000);
