/** Fund flow bills (WeChat Pay V3, "bills"): every change of one of the merchant's accounts on one day. In fen. */
import type { Fen } from "../../../money.ts";
import { amount, count, signedFen, text, time } from "../../bills/values.ts";
import type { BillForm } from "./table.ts";

/** A change of the account. Null is what the bill leaves empty. */
export interface FundFlowRow {
  readonly bookedAt: Date;
  /** The transaction_id, refund_id or the like of what moved the money. */
  readonly businessNo: string;
  readonly flowNo: string;
  /** Such as `交易`, `退款`, `扣除交易手续费`, and the kind of business they belong to. */
  readonly businessName: string | null;
  readonly businessType: string | null;
  /** Whether the account gained or lost. */
  readonly direction: "income" | "expense";
  readonly amount: Fen;
  /** What the account held afterwards. */
  readonly balance: number | null;
  readonly applicant: string | null;
  readonly remark: string | null;
  /** The out_trade_no, out_refund_no or the like. */
  readonly voucherNo: string | null;
}

/** The last line of a fund flow bill. */
export interface FundFlowSummary {
  /** How many rows there are. */
  readonly count: number;
  readonly incomeCount: number;
  readonly incomeTotal: number;
  readonly expenseCount: number;
  readonly expenseTotal: number;
}

export const FUND_FLOW_BILL: BillForm<FundFlowRow, FundFlowSummary> = {
  summaryBegins: "资金流水总笔数",
  row: (row) => ({
    bookedAt: row.needed(time, "记账时间"),
    businessNo: row.needed(text, "微信支付业务单号"),
    flowNo: row.needed(text, "资金流水单号"),
    businessName: row.optional(text, "业务名称"),
    businessType: row.optional(text, "业务类型"),
    direction: row.needed(direction, "收支类型"),
    amount: row.needed(amount, "收支金额(元)", "收支金额"),
    balance: row.optional(signedFen, "账户结余(元)", "账户结余"),
    applicant: row.optional(text, "资金变更提交申请人"),
    remark: row.optional(text, "备注"),
    voucherNo: row.optional(text, "业务凭证号"),
  }),
  summary: (row) => ({
    count: row.needed(count, "资金流水总笔数"),
    incomeCount: row.needed(count, "收入笔数"),
    incomeTotal: row.needed(signedFen, "收入金额"),
    expenseCount: row.needed(count, "支出笔数"),
    expenseTotal: row.needed(signedFen, "支出金额"),
  }),
};

const DIRECTIONS: ReadonlyMap<string, FundFlowRow["direction"]> = new Map([
  ["收入", "income"],
  ["支出", "expense"],
]);

function direction(value: string): FundFlowRow["direction"] | undefined {
  return DIRECTIONS.get(value);
}
