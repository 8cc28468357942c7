import { describe, expect, test } from "vitest";
import { LEDGER } from "../../../../../src/providers/alipay/bills/ledger.ts";
import { readBill } from "../../../../../src/providers/alipay/bills/read.ts";
import { TRADE_BILL } from "../../../../../src/providers/alipay/bills/trade.ts";
import {
  LEDGER_LINES,
  PAYMENT,
  REFUND,
  readWhole,
  STORES,
  streamedZipOf,
  TRADE_TOTALS,
  TYPES,
  tradeLines,
  zipOf,
} from "../../support/alipay-bills.ts";
import { inChunks } from "../../support/bills.ts";

const PAID = {
  tradeNo: "2026112122001400000000000001",
  outTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  kind: "payment",
  businessType: "交易",
  productName: "新年礼盒",
  createdAt: new Date("2026-11-21T02:00:00Z"),
  completedAt: new Date("2026-11-21T02:00:05Z"),
  refundRequestNo: null,
  orderAmount: 10_050,
  receivedAmount: 10_050,
  alipayDiscount: 50,
  fee: -60,
  counterparty: "张*(abc***@example.com)",
  storeId: null,
  remark: null,
};

describe("a trade bill", () => {
  test.each([
    ["its files in either order", zipOf(STORES, tradeLines())],
    ["sizes written behind the files", streamedZipOf(tradeLines(), STORES)],
    ["the usual form", zipOf(tradeLines(), STORES)],
  ])("with %s is read, however it is cut", async (_, zip) => {
    for (const chunkSize of [1, 7, 100_000]) {
      const { rows, summary } = await readWhole(zip, TRADE_BILL, chunkSize);
      expect(rows).toMatchObject([
        PAID,
        { kind: "refund", orderAmount: -5000, refundRequestNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1", remark: "不要了" },
      ]);
      expect(summary).toEqual({
        count: 2,
        paymentCount: 1,
        paymentTotal: 10_050,
        refundCount: 1,
        refundTotal: -5000,
        stores: [
          {
            storeId: "合计",
            storeName: null,
            paymentCount: 1,
            refundCount: 1,
            orderTotal: 5050,
            receivedTotal: 5050,
            feeTotal: -30,
            netTotal: 5020,
          },
        ],
      });
    }
  });

  test("is read by the names of its columns, whichever there are", async () => {
    const lines = tradeLines(["1,2,交易,3,2026-11-21 10:00:00,2026-11-21 10:00:05,0.01,0.02,新"], []);
    const columns = "商户订单号,支付宝交易号,业务类型,将来的列,创建时间,完成时间,商家实收（元）,订单金额（元）,备注";
    const { rows } = await readWhole(zipOf(lines.map((line, index) => (index === 4 ? columns : line))), TRADE_BILL);
    expect(rows).toMatchObject([
      { outTradeNo: "1", tradeNo: "2", receivedAmount: 1, orderAmount: 2, remark: "新", fee: null, couponName: null },
    ]);
  });

  test.each([
    ['"红,""大""\t"', '红,"大"'],
    ['"大" 红', '"大" 红'],
    ['大"红', '大"红'],
  ])("has quoted values: %s", async (written, productName) => {
    const { rows } = await readWhole(zipOf(tradeLines([PAYMENT.replace("新年礼盒", written), REFUND])), TRADE_BILL);
    expect(rows).toMatchObject([{ productName, orderAmount: 10_050 }, { productName: "新年礼盒" }]);
  });

  test("may have a comma in a name, where padding tells", async () => {
    const padded = PAYMENT.replaceAll(",", "\t,").replace("新年礼盒", "红,黄");
    const { rows } = await readWhole(zipOf(tradeLines([padded, REFUND])), TRADE_BILL);
    expect(rows).toMatchObject([{ productName: "红,黄", orderAmount: 10_050 }, { kind: "refund" }]);
  });

  test("of a quiet day has no rows", async () => {
    const totals = TRADE_TOTALS.map((line) => line.replace("1笔", "0笔"));
    expect(await readWhole(zipOf(tradeLines([], totals)), TRADE_BILL)).toMatchObject({
      rows: [],
      summary: { count: 0, paymentCount: 0 },
    });
  });
});

test("a ledger is read", async () => {
  const { rows, summary } = await readWhole(zipOf(LEDGER_LINES, TYPES), LEDGER);
  expect(rows).toMatchObject([
    { flowNo: "200000000000001", income: 10_050, expense: null, balance: 110_050, businessType: "在线支付" },
    { income: null, expense: -5000, occurredAt: new Date("2026-11-21T10:00:00Z"), remark: null },
  ]);
  expect(summary).toEqual({
    count: 2,
    incomeCount: 1,
    incomeTotal: 10_050,
    expenseCount: 1,
    expenseTotal: -5000,
    types: [
      {
        businessType: "在线支付",
        incomeCount: 1,
        incomeTotal: 10_050,
        expenseCount: 0,
        expenseTotal: 0,
        total: 10_050,
      },
      { businessType: "合计", incomeCount: 1, incomeTotal: 10_050, expenseCount: 1, expenseTotal: -5000, total: 5050 },
    ],
  });
});

describe("what is no bill", () => {
  const lines = tradeLines();
  test.each([
    ["a file that ends early", zipOf(lines.slice(0, 6)), "truncated"],
    ["a row that is missing", zipOf(tradeLines([PAYMENT])), "row_count"],
    ["a value more", zipOf(tradeLines([PAYMENT, `${REFUND},1`])), "malformed_row"],
    ["an amount that is none", zipOf(tradeLines([PAYMENT, REFUND.replace("-50.00", "fifty")])), "malformed_row"],
    ["a column that is missing", zipOf(lines.map((line) => line.replace("商户订单号", "订单"))), "missing_column"],
    ["another bill", zipOf(LEDGER_LINES, TYPES), "missing_column"],
    ["no zip", new TextEncoder().encode("<html>the address has lapsed</html>"), "interrupted"],
    ["nothing", new Uint8Array(), "interrupted"],
  ])("%s: %s", async (_, zip, code) => {
    await expect(readWhole(zip, TRADE_BILL)).rejects.toMatchObject({ name: "BillError", code });
  });

  test("one that is cut off anywhere", async () => {
    const zip = zipOf(tradeLines(), STORES);
    for (let length = 1; length < zip.length - 22; length += 37) {
      await expect(readWhole(zip.slice(0, length), TRADE_BILL)).rejects.toMatchObject({ name: "BillError" });
    }
  });

  test("errors name lines, and no values", async () => {
    const broken = zipOf(tradeLines([PAYMENT, REFUND.replace("-50.00", "fifty")]));
    await expect(readWhole(broken, TRADE_BILL)).rejects.toMatchObject({
      line: 7,
      message: "line 7: the value of 订单金额(元) can't be read",
    });
  });
});

test("ending a bill, even before its first row, ends the download", async () => {
  for (const begun of [false, true]) {
    let cancelled = false;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const source = readable.pipeThrough(new TransformStream({}, undefined, { highWaterMark: 0 }));
    writable.getWriter().closed.catch(() => {
      cancelled = true;
    });
    const bill = begun ? readBill(inChunks(zipOf(tradeLines()), 10), TRADE_BILL) : readBill(source, TRADE_BILL);
    if (begun) expect((await bill.next()).done).toBe(false);
    expect(
      await bill.return({ count: 0, paymentCount: 0, paymentTotal: 0, refundCount: 0, refundTotal: 0, stores: [] }),
    ).toMatchObject({ done: true });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(cancelled).toBe(!begun);
  }
});
