import { describe, expect, test } from "vitest";
import { billLines, billRow, billText, billFault as fault, REFUND, TRADE_COLUMNS } from "../../support/bills.ts";

describe("values that mean nothing", () => {
  test.each([
    ["交易时间", "2026-11-21"],
    ["交易时间", ""],
    ["微信订单号", ""],
    ["订单金额", "1e2"],
    ["订单金额", "-0.01"],
    ["订单金额", ""],
    ["应结订单金额", "0.005"],
    ["手续费", "--1"],
    ["手续费", "0x10"],
    ["手续费", "0.60001"],
  ])("%s %j are refused by line and column, and not repeated", async (name, value) => {
    const rows = [billRow(TRADE_COLUMNS), billRow(TRADE_COLUMNS, { [name]: value })];
    const error = await fault(billText(billLines({ rows })));
    expect(error).toMatchObject({ code: "malformed_row", line: 3 });
    expect(error.message).toContain(name);
    if (value !== "") expect(error.message).not.toContain(value);
  });

  test.each(["微信退款单号", "商户退款单号", "申请退款金额"])("a refund needs its %s", async (name) => {
    const rows = [billRow(TRADE_COLUMNS, { ...REFUND, 退款金额: "", [name]: "" })];
    expect(await fault(billText(billLines({ rows })))).toMatchObject({ code: "malformed_row", line: 2 });
  });

  test.each([
    ["too few", "`1,`2"],
    ["too many", `${billRow(TRADE_COLUMNS)},\`1,\`2`],
  ])("%s values are refused by line", async (_, row) => {
    const rows = [billRow(TRADE_COLUMNS), billRow(TRADE_COLUMNS), row];
    expect(await fault(billText(billLines({ rows })))).toMatchObject({ code: "malformed_row", line: 4 });
  });

  test("a line without an end is refused before it fills the memory", async () => {
    expect(await fault("`".repeat(70_000))).toMatchObject({ code: "malformed_row" });
  });

  test("nothing may follow the summary", async () => {
    const lines = [...billLines(), billRow(TRADE_COLUMNS)];
    expect(await fault(billText(lines))).toMatchObject({ code: "malformed_row", line: 6 });
  });
});
