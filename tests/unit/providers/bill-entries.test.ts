/** Both providers' bills in the shared words: numbers, signs and states. */
import { describe, expect, test } from "vitest";
import { fen } from "../../../src/money.ts";
import { entryOf as alipayEntry } from "../../../src/providers/alipay/bill-entries.ts";
import type { TradeBillRow as AlipayRow } from "../../../src/providers/alipay/bills.ts";
import { entryOf as wechatEntry } from "../../../src/providers/wechat/bill-entries.ts";
import { billLines, billRow, billText, REFUND, readTradeBill, TRADE_COLUMNS } from "./support/bills.ts";

const at = new Date("2026-11-21T10:00:00Z");

describe("WeChat Pay", () => {
  const rowOf = async (values: Readonly<Record<string, string>>) => {
    const { rows } = await readTradeBill(
      billText(billLines({ rows: [billRow(TRADE_COLUMNS, values), billRow(TRADE_COLUMNS)] })),
    );
    const [row] = rows;
    if (!row) throw new Error("no row");
    return row;
  };
  const STATUSES = {
    SUCCESS: "success",
    PROCESSING: "processing",
    FAIL: "closed",
    CHANGE: "abnormal",
    NEW: "processing",
  };

  test("a payment keeps its numbers, its order's amount and what it costs", async () => {
    const row = await rowOf({});
    const { outTradeNo, transactionId: providerNo, orderAmount: amount, fee, tradedAt } = row;
    const numbers = { kind: "payment", number: outTradeNo, outTradeNo, providerNo };
    expect(wechatEntry(row)).toEqual({ ...numbers, amount, fee, status: "success", at: tradedAt });
  });

  test.each(Object.entries(STATUSES))("a refund that is %s there is %s", async (there, status) => {
    const row = await rowOf({ ...REFUND, 退款状态: there });
    const { outRefundNo: number, refundId: providerNo, amount } = row.refund ?? {};
    expect(wechatEntry(row)).toMatchObject({ kind: "refund", number, providerNo, amount, status });
  });

  test("a payment by barcode that was taken back is a refund under the payment's number", async () => {
    const row = await rowOf({ 交易状态: "REVOKED" });
    expect(wechatEntry(row)).toMatchObject({ kind: "refund", number: row.outTradeNo, status: "success" });
  });
});

describe("Alipay", () => {
  const ROW = {
    tradeNo: "20261121220014",
    outTradeNo: "T1",
    refundRequestNo: null,
    orderAmount: 3000,
    fee: -18,
    completedAt: at,
  } as AlipayRow;

  test("a payment's fee is what Alipay keeps", () => {
    const numbers = { kind: "payment", number: "T1", outTradeNo: "T1", providerNo: "20261121220014" };
    expect(alipayEntry(ROW, "payment")).toEqual({ ...numbers, amount: fen(3000), fee: 18, status: "success", at });
  });

  test("a refund has its own number and gives fees back", () => {
    const row = { ...ROW, refundRequestNo: "R1", orderAmount: -1000, fee: 6 };
    expect(alipayEntry(row, "refund")).toMatchObject({ kind: "refund", number: "R1", amount: 1000, fee: -6 });
  });

  test("a refund without a number goes by its payment's", () => {
    expect(alipayEntry({ ...ROW, orderAmount: -1000, fee: null }, "refund")).toMatchObject({ number: "T1", fee: null });
  });

  test("a fee of nothing has no sign, and a payment is not negative", () => {
    expect(alipayEntry({ ...ROW, fee: 0 }, "payment").fee).toBe(0);
    expect(() => alipayEntry({ ...ROW, orderAmount: -1 }, "payment")).toThrow("negative");
  });
});
