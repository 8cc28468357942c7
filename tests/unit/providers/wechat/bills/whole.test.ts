import { describe, expect, test } from "vitest";
import type { BillError } from "../../../../../src/providers/bills/error.ts";
import { readBill } from "../../../../../src/providers/wechat/bills/read.ts";
import { TRADE_BILL, type TradeBillSummary } from "../../../../../src/providers/wechat/bills/trade.ts";
import { billLines, billRow, billText, gzip, inChunks, sha1Hex, TRADE_COLUMNS } from "../../support/bills.ts";

const BYTES = new TextEncoder().encode(billText());

const NOTHING: TradeBillSummary = {
  count: 0,
  orderTotal: null,
  settlementTotal: null,
  refundTotal: null,
  refundSettlementTotal: null,
  refundCouponTotal: null,
  feeTotal: null,
};

/** Reads to the end. Gives the number of rows, or the fault that it ends in. */
async function outcome(source: ReadableStream<Uint8Array>, hash: string): Promise<number | string> {
  let rows = 0;
  try {
    for await (const _ of readBill(source, hash, TRADE_BILL)) rows += 1;
    return rows;
  } catch (error) {
    return (error as BillError).code;
  }
}

describe("a bill counts as a whole", () => {
  test("under its hash, in capitals too", async () => {
    const hash = await sha1Hex(BYTES);
    expect(await outcome(inChunks(BYTES, 100), hash)).toBe(2);
    expect(await outcome(inChunks(BYTES, 100), hash.toUpperCase())).toBe(2);
  });

  test("never under the hash of the packed bytes", async () => {
    const packed = await gzip(BYTES);
    expect(await outcome(inChunks(packed, 100), await sha1Hex(packed))).toBe("hash_mismatch");
  });

  test("never with an amount altered, though every row can be read", async () => {
    const altered = new TextEncoder().encode(billText().replace("100.50", "100.51"));
    expect(await outcome(inChunks(altered, 100), await sha1Hex(BYTES))).toBe("hash_mismatch");
  });

  test("cut anywhere it is no bill, packed or not", async () => {
    const hash = await sha1Hex(BYTES);
    const packed = await gzip(BYTES);
    for (let length = 0; length < BYTES.length; length += 13) {
      expect(await outcome(inChunks(BYTES.slice(0, length), 64), hash)).toMatch(/^(?:truncated|hash_mismatch)$/);
    }
    for (let length = 2; length < packed.length; length += 13) {
      expect(await outcome(inChunks(packed.slice(0, length), 64), hash)).toBe("interrupted");
    }
  });

  test("is truncated when whoever hashed it had no summary either", async () => {
    const text = new TextEncoder().encode(billText(billLines().slice(0, 3)));
    expect(await outcome(inChunks(text, 100), await sha1Hex(text))).toBe("truncated");
  });

  test.each([1, 3])("has as many rows as its summary says, not %d", async (count) => {
    const rows = Array.from({ length: count }, () => billRow(TRADE_COLUMNS));
    const text = new TextEncoder().encode(billText(billLines({ rows })));
    expect(await outcome(inChunks(text, 100), await sha1Hex(text))).toBe("row_count");
  });

  test("tells a damaged row from one of a new form", async () => {
    const text = new TextEncoder().encode(billText(billLines({ rows: ["`1,`2", billRow(TRADE_COLUMNS)] })));
    expect(await outcome(inChunks(text, 100), await sha1Hex(text))).toBe("malformed_row");
    expect(await outcome(inChunks(text, 100), await sha1Hex(BYTES))).toBe("hash_mismatch");
  });
});

describe("a download that breaks off", () => {
  const breaking = (bytes: Uint8Array) =>
    inChunks(bytes, 64).pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        flush: () => {
          throw new TypeError("connection lost");
        },
      }),
    );

  test("is told from a bill, packed or not", async () => {
    const hash = await sha1Hex(BYTES);
    const packed = await gzip(BYTES);
    expect(await outcome(breaking(BYTES), hash)).toBe("interrupted");
    expect(await outcome(breaking(packed.slice(0, packed.length / 2)), hash)).toBe("interrupted");
    expect(await outcome(breaking(new Uint8Array()), hash)).toBe("interrupted");
  });

  test("packed bytes that are damaged can't be unpacked", async () => {
    const packed = await gzip(BYTES);
    packed[packed.length - 6] = (packed.at(-6) ?? 0) ^ 1;
    expect(await outcome(inChunks(packed, 64), await sha1Hex(BYTES))).toBe("interrupted");
  });
});

/** Bytes without end, and whether whoever read them has ended the download. */
function endless(bytes: Uint8Array) {
  const download = { ended: false };
  const source = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(bytes),
      cancel: () => {
        download.ended = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, download };
}

test("whoever stops reading ends the download", async () => {
  const rows = Array.from({ length: 1000 }, () => billRow(TRADE_COLUMNS));
  const packed = await gzip(new TextEncoder().encode(billText(billLines({ rows }))));
  for (const bytes of [BYTES, packed]) {
    const { source, download } = endless(bytes);
    for await (const _ of readBill(source, "", TRADE_BILL)) break;
    expect(download.ended).toBe(true);
  }
});

test("so does whoever never begins", async () => {
  const { source, download } = endless(BYTES);
  const rows = readBill(source, "", TRADE_BILL);
  await rows.return(NOTHING);
  expect(download.ended).toBe(true);
  expect(await rows.next()).toMatchObject({ done: true });
});
