/** Bills that somebody on the way has made to fill the memory, or to keep us busy. */
import { expect, test } from "vitest";
import { TRADE_BILL } from "../../../../../src/providers/alipay/bills/trade.ts";
import {
  PAYMENT,
  REFUND,
  readWhole,
  STORES,
  streamedZipOf,
  TRADE_TOTALS,
  tradeLines,
  zipOf,
} from "../../support/alipay-bills.ts";

const many = (count: number, lines: readonly string[]) => Array.from({ length: count }, () => lines);
const unreadable = (problem: RegExp) => ({
  name: "BillError",
  code: "interrupted",
  message: expect.stringMatching(problem),
});

test("an archive of many files is no bill, and one of a few is", async () => {
  expect((await readWhole(zipOf(tradeLines(), ...many(15, STORES)), TRADE_BILL)).rows).toHaveLength(2);
  for (const [zip, chunkSize] of [
    [zipOf(tradeLines(), ...many(16, STORES)), 1000],
    [streamedZipOf(tradeLines(), ...many(500, [])), 100_000],
  ] as const) {
    await expect(readWhole(zip, TRADE_BILL, chunkSize)).rejects.toMatchObject(unreadable(/more files/));
  }
});

test.each([
  ["in one piece", 100_000],
  ["in small pieces", 100],
])("a few bytes that unpack to very many are no bill, come %s", async (_, chunkSize) => {
  const [first = "", ...rest] = tradeLines();
  const padded = zipOf([first, ...Array.from({ length: 20_000 }, () => " ".repeat(200)), ...rest], STORES);
  expect(padded.length).toBeLessThan(100_000);
  await expect(readWhole(padded, TRADE_BILL, chunkSize)).rejects.toMatchObject(unreadable(/unpacks to more/));
});

test("totals by ever new names are no bill", async () => {
  const totals = Array.from({ length: 200 }, (_, index) => `#第${index}合计：1笔，共1.00元`);
  const endless = readWhole(zipOf(tradeLines([PAYMENT, REFUND], [...TRADE_TOTALS, ...totals])), TRADE_BILL);
  await expect(endless).rejects.toMatchObject({ name: "BillError", code: "malformed_row" });
});
