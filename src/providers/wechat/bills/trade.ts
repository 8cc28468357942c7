/** Trade bills (WeChat Pay V3, "bills"): what was paid and what was given back on one day. Amounts in fen. */
import type { Fen } from "../../../money.ts";
import type { BillRow } from "../../bills/row.ts";
import { amount, count, reference, signedFen, text, time } from "../../bills/values.ts";
import type { BillForm } from "./table.ts";

/** A row of a trade bill. Null is what the bill leaves empty, or has no column for. */
export interface TradeBillRow {
  /** When it was paid. Of a refund in a bill of all trades: when it was asked for. */
  readonly tradedAt: Date;
  /** `SUCCESS`: a payment. `REFUND`: a refund was started. `REVOKED`: a payment by barcode was taken back. */
  readonly tradeState: string;
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly appId: string | null;
  readonly mchId: string | null;
  readonly subMchId: string | null;
  readonly deviceInfo: string | null;
  readonly openid: string | null;
  /** As in the API, but FACE where that has FACEPAY. */
  readonly tradeType: string | null;
  readonly bankType: string | null;
  readonly currency: string | null;
  /** What was ordered: the API's `amount.total`. */
  readonly orderAmount: Fen;
  /** What of it is settled: some coupons are not. Bills of the old form don't tell. */
  readonly settlementAmount: Fen | null;
  readonly couponAmount: Fen | null;
  readonly refund: TradeBillRefund | null;
  /** Commas in what the merchant wrote are `\ `, line breaks `\n`. */
  readonly description: string | null;
  readonly attach: string | null;
  /** Negative when it is given back. */
  readonly fee: number | null;
  /** Such as `0.60%`. */
  readonly feeRate: string | null;
  readonly feeRemark: string | null;
}

/** The refund that a row is about, as it was when the bill was made. */
export interface TradeBillRefund {
  readonly refundId: string;
  readonly outRefundNo: string;
  /** What was asked for: the API's `amount.refund`. */
  readonly amount: Fen;
  /** What of it was settled. Bills of the old form don't tell. */
  readonly settlementAmount: Fen | null;
  readonly couponAmount: Fen | null;
  /** Where the money goes, such as ORIGINAL or BALANCE. */
  readonly type: string | null;
  /** SUCCESS, PROCESSING, FAIL or CHANGE: not the API's words. */
  readonly status: string | null;
  /** Told by bills of refunds only. */
  readonly requestedAt: Date | null;
  readonly succeededAt: Date | null;
}

/** The last line of a trade bill. */
export interface TradeBillSummary {
  /** How many rows there are. */
  readonly count: number;
  readonly orderTotal: number | null;
  readonly settlementTotal: number | null;
  readonly refundTotal: number | null;
  readonly refundSettlementTotal: number | null;
  readonly refundCouponTotal: number | null;
  readonly feeTotal: number | null;
}

/** Where a name follows another, it is the one that merchants with bills of an old form get. */
export const TRADE_BILL: BillForm<TradeBillRow, TradeBillSummary> = {
  summaryBegins: "总交易单数",
  row: (row) => ({
    tradedAt: row.needed(time, "交易时间"),
    tradeState: row.needed(text, "交易状态"),
    transactionId: row.needed(text, "微信订单号"),
    outTradeNo: row.needed(text, "商户订单号"),
    appId: row.optional(text, "公众账号ID"),
    mchId: row.optional(text, "商户号"),
    subMchId: row.optional(reference, "特约商户号", "子商户号"),
    deviceInfo: row.optional(text, "设备号"),
    openid: row.optional(text, "用户标识"),
    tradeType: row.optional(text, "交易类型"),
    bankType: row.optional(text, "付款银行"),
    currency: row.optional(text, "货币种类"),
    orderAmount: row.needed(amount, "订单金额", "总金额"),
    settlementAmount: row.optional(amount, "应结订单金额"),
    couponAmount: row.optional(amount, "代金券金额", "企业红包金额", "代金券或立减优惠金额"),
    refund: refundOf(row),
    description: row.optional(text, "商品名称"),
    attach: row.optional(text, "商户数据包"),
    fee: row.optional(signedFen, "手续费"),
    feeRate: row.optional(text, "费率"),
    feeRemark: row.optional(text, "费率备注"),
  }),
  summary: (row) => ({
    count: row.needed(count, "总交易单数"),
    orderTotal: row.optional(signedFen, "订单总金额", "总交易额"),
    settlementTotal: row.optional(signedFen, "应结订单总金额"),
    refundTotal: row.optional(signedFen, "申请退款总金额", "总退款金额"),
    refundSettlementTotal: row.optional(signedFen, "退款总金额"),
    refundCouponTotal: row.optional(signedFen, "充值券退款总金额", "总企业红包退款金额", "总代金券或立减优惠退款金额"),
    feeTotal: row.optional(signedFen, "手续费总金额"),
  }),
};

function refundOf(row: BillRow): TradeBillRefund | null {
  const isRefund = row.needed(text, "交易状态") === "REFUND";
  const refundId = row.optional(reference, "微信退款单号");
  if (!isRefund && refundId === null) return null;
  const requested = row.optional(amount, "申请退款金额");
  return {
    refundId: row.needed(text, "微信退款单号"),
    outRefundNo: row.needed(text, "商户退款单号"),
    amount: requested ?? row.needed(amount, "退款金额"),
    settlementAmount: requested === null ? null : row.optional(amount, "退款金额"),
    couponAmount: row.optional(amount, "充值券退款金额", "企业红包退款金额", "代金券或立减优惠退款金额"),
    type: row.optional(text, "退款类型"),
    status: row.optional(text, "退款状态"),
    requestedAt: row.optional(time, "退款申请时间"),
    succeededAt: row.optional(time, "退款成功时间"),
  };
}
