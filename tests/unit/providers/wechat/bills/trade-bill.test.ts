import { describe, expect, test } from "vitest";
import { readBill } from "../../../../../src/providers/wechat/bills/read.ts";
import { TRADE_BILL } from "../../../../../src/providers/wechat/bills/trade.ts";
import {
  billLines,
  billRow,
  billText,
  billFault as fault,
  inChunks,
  REFUND,
  readTradeBill as read,
  sha1Hex,
  TRADE_COLUMNS,
} from "../../support/bills.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

const PAYMENT_ROW = {
  tradedAt: new Date("2026-11-21T02:00:01Z"),
  tradeState: "SUCCESS",
  transactionId: "4200002026112100001",
  outTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  appId: "wx2421b1c4370ec43b",
  mchId: "1900007291",
  subMchId: null,
  deviceInfo: "013467007045764",
  openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
  tradeType: "NATIVE",
  bankType: "OTHERS",
  currency: "CNY",
  orderAmount: 10_050,
  settlementAmount: 10_000,
  couponAmount: 50,
  refund: null,
  description: "新年礼盒\\ 红色",
  attach: null,
  fee: 60,
  feeRate: "0.60%",
  feeRemark: null,
};
const REFUND_ROW = {
  ...PAYMENT_ROW,
  tradedAt: new Date("2026-11-21T10:00:00Z"),
  tradeState: "REFUND",
  orderAmount: 0,
  settlementAmount: 0,
  couponAmount: 0,
  fee: -30,
  refund: {
    refundId: "50000000382026112109732678859",
    outRefundNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1",
    amount: 5_000,
    settlementAmount: 4_990,
    couponAmount: 10,
    type: "ORIGINAL",
    status: "PROCESSING",
    requestedAt: null,
    succeededAt: null,
  },
};
const WHOLE = {
  rows: [PAYMENT_ROW, REFUND_ROW],
  summary: {
    count: 2,
    orderTotal: 10_050,
    settlementTotal: 10_000,
    refundTotal: 5_000,
    refundSettlementTotal: 4_990,
    refundCouponTotal: 10,
    feeTotal: 30,
  },
};

describe("a trade bill", () => {
  test("gives typed rows, then its summary", async () => {
    expect(await read(billText())).toEqual(WHOLE);
  });

  // Chunks of one to five bytes cut every Chinese character and every line end at every place.
  test.each([1, 2, 3, 4, 5, 7, 64, 100_000])("means the same in chunks of %d bytes, packed or not", async (size) => {
    expect(await read(billText(), size)).toEqual(WHOLE);
    expect(await read(billText(), size, true)).toEqual(WHOLE);
  });

  test.each([
    ["without a byte order mark", billText().slice(1)],
    ["with plain line feeds", billText().replaceAll("\r", "")],
    ["without a line end at its end", billText().trimEnd()],
    ["with empty lines at its end", `${billText()}\r\n\r\n`],
    ["with a comma behind the last value", billText().replaceAll("\r\n`", ",\r\n`").replaceAll(/\r\n$/g, ",\r\n")],
    ["with a comma behind every line", billText().replaceAll("\r\n", ",\r\n")],
    ["with a column of tomorrow in front", billText(billLines().map((line, i) => (i < 3 ? `\`新列,${line}` : line)))],
    ["with its columns in another order", billText(reversed(billLines()))],
    ["with five decimals in its fees", billText().replaceAll("0.60,", "0.60000,").replaceAll("-0.30,", "-0.30000,")],
    ["with a count without decimals", billText().replace("`2.0", "`2")],
  ])("means the same %s", async (_, text) => {
    expect(await read(text)).toEqual(WHOLE);
  });

  test("may have no rows", async () => {
    const summary = { 总交易单数: "0", 应结订单总金额: "0.00" };
    const bill = await read(billText(billLines({ rows: [], summary })));
    expect(bill).toMatchObject({ rows: [], summary: { count: 0, settlementTotal: 0, refundTotal: null } });
  });

  test("keeps what merchants wrote, escaped or not", async () => {
    const written = { 商品名称: "茶\\ 杯\\n一套", 商户数据包: "a,b`" };
    const { rows } = await read(billText(billLines({ rows: [billRow(TRADE_COLUMNS, written), REFUND_LINE] })));
    expect(rows[0]).toMatchObject({ description: "茶\\ 杯\\n一套", attach: "a,b`" });
  });

  test("is not void because a name was cut within a character", async () => {
    const [before, after] = billText().split("年");
    const cut = Uint8Array.from([...utf8(before ?? ""), ...utf8("年").slice(0, 2), ...utf8(after ?? "")]);
    const bill = readBill(inChunks(cut, 100), await sha1Hex(cut), TRADE_BILL);
    const first = await bill.next();
    expect(first.value).toMatchObject({ outTradeNo: PAYMENT_ROW.outTradeNo });
  });
});

const REFUND_LINE = billRow(TRADE_COLUMNS, REFUND);

function reversed(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => (index < 3 ? line.split(",").reverse().join(",") : line));
}

const OLD_NAMES: Readonly<Record<string, string>> = {
  特约商户号: "子商户号",
  应结订单金额: "总金额",
  代金券金额: "企业红包金额",
  充值券退款金额: "企业红包退款金额",
};
const OLD_COLUMNS = TRADE_COLUMNS.slice(0, -3).map((name) => OLD_NAMES[name] ?? name);

describe("columns", () => {
  test("of merchants with bills of the old form", async () => {
    const old = { 总金额: "100.50", 企业红包金额: "0.50", 企业红包退款金额: "0.10" };
    const rows = [billRow(OLD_COLUMNS, old), billRow(OLD_COLUMNS, { ...REFUND, ...old, 总金额: "0.00" })];
    const summary = {
      总交易单数: "2",
      总交易额: "100.50",
      总退款金额: "49.90",
      总企业红包退款金额: "0.10",
      手续费总金额: "0.30000",
    };
    expect(await read(billText(billLines({ columns: OLD_COLUMNS, rows, summary })))).toEqual({
      rows: [
        { ...PAYMENT_ROW, settlementAmount: null },
        {
          ...REFUND_ROW,
          settlementAmount: null,
          couponAmount: 50,
          refund: { ...REFUND_ROW.refund, amount: 4_990, settlementAmount: null },
        },
      ],
      summary: {
        ...WHOLE.summary,
        settlementTotal: null,
        refundTotal: 4_990,
        refundSettlementTotal: null,
      },
    });
  });

  test("of a bill of payments", async () => {
    const columns = TRADE_COLUMNS.filter((name) => !name.includes("退款"));
    const summary = { 总交易单数: "1.0", 应结订单总金额: "100.00", 手续费总金额: "0.60", 订单总金额: "100.50" };
    const { rows, summary: total } = await read(billText(billLines({ columns, rows: [billRow(columns)], summary })));
    expect(rows).toEqual([PAYMENT_ROW]);
    expect(total).toMatchObject({ count: 1, refundTotal: null, refundSettlementTotal: null, refundCouponTotal: null });
  });

  test("of a bill of refunds", async () => {
    const columns = TRADE_COLUMNS.toSpliced(14, 0, "退款申请时间", "退款成功时间");
    const times = { 退款申请时间: "2026-11-21 18:00:00", 退款成功时间: "2026-11-21 18:00:05" };
    const rows = [
      billRow(columns, { ...REFUND, ...times }),
      billRow(columns, { ...REFUND, 退款申请时间: times.退款申请时间 }),
    ];
    const bill = await read(billText(billLines({ columns, rows })));
    expect(bill.rows.map((row) => row.refund)).toMatchObject([
      { requestedAt: new Date("2026-11-21T10:00:00Z"), succeededAt: new Date("2026-11-21T10:00:05Z") },
      { requestedAt: new Date("2026-11-21T10:00:00Z"), succeededAt: null },
    ]);
  });

  test.each(["交易时间", "交易状态", "微信订单号", "商户订单号", "订单金额"])(
    "without %s there are no rows",
    async (name) => {
      const columns = TRADE_COLUMNS.filter((column) => column !== name);
      const error = await fault(billText(billLines({ columns })));
      expect(error).toMatchObject({
        name: "BillError",
        code: "missing_column",
        message: expect.stringContaining(name),
      });
    },
  );
});
