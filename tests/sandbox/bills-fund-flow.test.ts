import { beforeAll, describe, expect, it } from "vitest";
import { askFundFlowBill, billText, parsed } from "./bills-client.ts";
import { eventfulDay } from "./bills-day.ts";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";

const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const fundFlowBill = async (query: string) => parsed(await billText(env, await askFundFlowBill(env, query)));

describe("a day's fund flow bill", () => {
  let day: string;
  beforeAll(async () => {
    day = await eventfulDay(env, control);
  });

  it("moves the basic account: payments in, fees and refunds out, fees back, closed refunds back", async () => {
    const bill = await fundFlowBill(`bill_date=${day}`);
    expect(bill.rows.map((row) => [row.业务名称, row.收支类型, row["收支金额(元)"], row.业务凭证号])).toEqual([
      ["交易", "收入", "88.00", "bill-one"],
      ["扣除交易手续费", "支出", "0.53", "bill-one"],
      ["交易", "收入", "1.00", "bill-two"],
      ["扣除交易手续费", "支出", "0.01", "bill-two"],
      ["退款", "支出", "10.00", "bill-SUCCESS"],
      ["退回交易手续费", "收入", "0.06", "bill-SUCCESS"],
      ["退款", "支出", "10.01", "bill-ABNORMAL"],
      ["退回交易手续费", "收入", "0.06", "bill-ABNORMAL"],
      ["退款", "支出", "10.02", "bill-CLOSED"],
      ["退回交易手续费", "收入", "0.06", "bill-CLOSED"],
      ["退款失败退回", "收入", "10.02", "bill-CLOSED"],
      ["扣除交易手续费", "支出", "0.06", "bill-CLOSED"],
    ]);
    expect(bill.rows[0]).toMatchObject({
      记账时间: expect.stringContaining(`${day} 08:00:`),
      "账户结余(元)": "1000088.00",
    });
    expect(bill.rows.at(-1)).toMatchObject({ "账户结余(元)": "1000068.57" });
    expect(new Set(bill.rows.map((row) => row.资金流水单号)).size).toBe(12);
    expect(bill.summary).toEqual({
      资金流水总笔数: "12",
      收入笔数: "6",
      收入金额: "99.20",
      支出笔数: "6",
      支出金额: "30.63",
    });
  });

  it("knows accounts on which nothing happened", async () => {
    for (const account of ["OPERATION", "FEES"]) {
      const answer = await askFundFlowBill(env, `bill_date=${day}&account_type=${account}`);
      expect(outcome(answer)).toEqual([400, "NO_STATEMENT_EXIST"]);
    }
  });
});
