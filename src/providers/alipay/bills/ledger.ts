/** Ledgers (Alipay, bill_type `signcustomer`): every change of the account in one day or month. Amounts in fen. */
import { count, signedFen, text, time } from "../../bills/values.ts";
import { type BillForm, totalOf } from "./form.ts";

/** A change of the account. Null is what the bill leaves empty, or has no column for. */
export interface LedgerRow {
  readonly flowNo: string;
  /** The trade_no or the like of what moved the money. */
  readonly businessFlowNo: string | null;
  readonly outTradeNo: string | null;
  readonly productName: string | null;
  readonly occurredAt: Date;
  /** The other account, with parts of it hidden. */
  readonly counterparty: string | null;
  /** Not negative. */
  readonly income: number | null;
  /** Not positive. */
  readonly expense: number | null;
  /** What the account held afterwards. */
  readonly balance: number | null;
  readonly channel: string | null;
  /** Such as `在线支付`, `交易退款`, `服务费`. */
  readonly businessType: string | null;
  readonly remark: string | null;
  readonly description: string | null;
  readonly businessOrderNo: string | null;
  readonly baseOrderNo: string | null;
}

/** What the bill's second file says of one kind of business, or of all together (`businessType` is 合计). */
export interface LedgerTypeSummary {
  readonly businessType: string;
  readonly incomeCount: number | null;
  readonly incomeTotal: number | null;
  readonly expenseCount: number | null;
  readonly expenseTotal: number | null;
  readonly total: number | null;
}

/** What a ledger ends in. Null is what it does not say. */
export interface LedgerSummary {
  /** How many rows there are. */
  readonly count: number;
  readonly incomeCount: number | null;
  readonly incomeTotal: number | null;
  readonly expenseCount: number | null;
  readonly expenseTotal: number | null;
  readonly types: readonly LedgerTypeSummary[];
}

export const LEDGER: BillForm<LedgerRow, LedgerTypeSummary, LedgerSummary> = {
  detailColumn: "账务流水号",
  counted: ["收入", "支出"],
  row: (row) => ({
    flowNo: row.needed(text, "账务流水号"),
    businessFlowNo: row.optional(text, "业务流水号"),
    outTradeNo: row.optional(text, "商户订单号"),
    productName: row.optional(text, "商品名称"),
    occurredAt: row.needed(time, "发生时间"),
    counterparty: row.optional(text, "对方账号", "对方账户"),
    income: row.optional(change, "收入金额(+元)", "收入金额(元)"),
    expense: row.optional(change, "支出金额(-元)", "支出金额(元)"),
    balance: row.optional(signedFen, "账户余额(元)"),
    channel: row.optional(text, "交易渠道"),
    businessType: row.optional(text, "业务类型"),
    remark: row.optional(text, "备注"),
    description: row.optional(text, "业务描述"),
    businessOrderNo: row.optional(text, "业务订单号"),
    baseOrderNo: row.optional(text, "业务基础订单号"),
  }),
  summaryRow: (row) => ({
    businessType: row.needed(text, "类型", "业务类型"),
    incomeCount: row.optional(count, "收入笔数"),
    incomeTotal: row.optional(change, "收入金额(+元)", "收入金额(元)"),
    expenseCount: row.optional(count, "支出笔数"),
    expenseTotal: row.optional(change, "支出金额(-元)", "支出金额(元)"),
    total: row.optional(change, "总金额(元)"),
  }),
  summary: (rows, totals, types) => {
    const [income, expense] = [totalOf(totals, "收入"), totalOf(totals, "支出")];
    return {
      count: rows,
      incomeCount: income.count,
      incomeTotal: income.amount,
      expenseCount: expense.count,
      expenseTotal: expense.amount,
      types,
    };
  },
};

/** Some ledgers print a plus in front of what comes in. */
function change(value: string): number | undefined {
  return signedFen(value.replace(/^\+/, ""));
}
