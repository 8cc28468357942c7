/** The live memory that reading a large bill takes, measured where the garbage collector can be asked to run. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createGzip } from "node:zlib";
import { expect, test } from "vitest";
import { readBill } from "../../src/providers/wechat/bills/read.ts";
import { TRADE_BILL } from "../../src/providers/wechat/bills/trade.ts";
import { LARGE_BILL_ROWS, largeBill, lazily } from "../unit/providers/support/large-bill.ts";

const MEBIBYTE = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function liveBytes(): Promise<number> {
  for (let pass = 0; pass < 2; pass += 1) {
    // Rests, as a reader that writes rows down does: a source that does not wait for it would run ahead.
    await setTimeout(10);
    collectGarbage();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("a packed bill of 32 MB takes two MiB of memory at most", async () => {
  const digest = createHash("sha1");
  for (const chunk of largeBill()) digest.update(chunk);
  const packed = new Uint8Array(await buffer(Readable.from(largeBill()).pipe(createGzip())));
  const { stream } = lazily([packed].values());
  const before = await liveBytes();
  let [rows, most] = [0, 0];
  for await (const _ of readBill(stream, digest.digest("hex"), TRADE_BILL)) {
    rows += 1;
    if (rows % 10_000 === 0) most = Math.max(most, (await liveBytes()) - before);
  }
  expect(rows).toBe(LARGE_BILL_ROWS);
  expect(most).toBeLessThan(2 * MEBIBYTE);
}, 60_000);
