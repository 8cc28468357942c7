import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { readBill } from "../../../../../src/providers/wechat/bills/read.ts";
import { TRADE_BILL } from "../../../../../src/providers/wechat/bills/trade.ts";
import { LARGE_BILL_ROWS, largeBill, lazily } from "../../support/large-bill.ts";

const CHUNK_BYTES = 16 * 1024;

let hash: string;
let packed: Uint8Array<ArrayBuffer>;
let unpackedLength = 0;
beforeAll(async () => {
  const digest = createHash("sha1");
  for (const chunk of largeBill()) {
    digest.update(chunk);
    unpackedLength += chunk.length;
  }
  hash = digest.digest("hex");
  const stream = lazily(largeBill()).stream.pipeThrough(new CompressionStream("gzip"));
  packed = new Uint8Array(await new Response(stream).arrayBuffer());
}, 60_000);

function* inPieces(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.slice(at, at + CHUNK_BYTES);
}

/** Reads all rows, resting now and then, and gives how many rows' worth of bytes were taken in ahead at most. */
async function furthestAhead({ stream, progress }: ReturnType<typeof lazily>, length: number): Promise<number> {
  let rows = 0;
  let furthest = 0;
  for await (const _ of readBill(stream, hash, TRADE_BILL)) {
    rows += 1;
    if (rows % 10_000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    furthest = Math.max(furthest, (progress.sent / length) * LARGE_BILL_ROWS - rows);
  }
  expect(rows).toBe(LARGE_BILL_ROWS);
  return Math.ceil(furthest);
}

test("100,000 rows are taken in as they are read", async () => {
  expect(await furthestAhead(lazily(largeBill()), unpackedLength)).toBeLessThan(LARGE_BILL_ROWS / 500);
}, 60_000);

test("100,000 packed rows are taken in as they are read", async () => {
  expect(packed.length).toBeLessThan(unpackedLength / 4);
  expect(await furthestAhead(lazily(inPieces(packed)), packed.length)).toBeLessThan(LARGE_BILL_ROWS / 50);
}, 60_000);
