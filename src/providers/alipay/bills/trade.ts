/** Trade bills (Alipay, bill_type `trade`): what was paid and given back in one day or month. Amounts in fen. */
import type { BillRow } from "../../bills/row.ts";
import { count, signedFen, text, time } from "../../bills/values.ts";
import type { BillForm } from "./form.ts";
import { totalOf } from "./form.ts";

/** A row of a trade bill. Null is what the bill leaves empty, or has no column for. */
export interface TradeBillRow {
  readonly tradeNo: string;
  readonly outTradeNo: string;
  /** A kind of business that bills have only lately is `other`; `businessType` says which. */
  readonly kind: "payment" | "refund" | "other";
  readonly businessType: string;
  readonly productName: string | null;
  readonly createdAt: Date;
  readonly completedAt: Date;
  /** The out_request_no of a refund. */
  readonly refundRequestNo: string | null;
  /** What was ordered, and what of it the merchant gets. Both are negative when money goes back. */
  readonly orderAmount: number;
  readonly receivedAmount: number;
  /** Who gave what discount: red packets, points and Alipay; the merchant, its coupons and red packets. */
  readonly redPacketAmount: number | null;
  readonly pointAmount: number | null;
  readonly alipayDiscount: number | null;
  readonly merchantDiscount: number | null;
  readonly couponAmount: number | null;
  readonly couponName: string | null;
  readonly merchantRedPacketAmount: number | null;
  readonly cardAmount: number | null;
  /** Negative when it is paid. */
  readonly fee: number | null;
  readonly sharedAmount: number | null;
  /** The buyer's account, with parts of it hidden. */
  readonly counterparty: string | null;
  readonly storeId: string | null;
  readonly storeName: string | null;
  readonly operatorId: string | null;
  readonly terminalId: string | null;
  readonly remark: string | null;
}

/** What the bill's second file says of one store, or of all together (`storeId` is 合计). */
export interface StoreSummary {
  readonly storeId: string | null;
  readonly storeName: string | null;
  readonly paymentCount: number;
  readonly refundCount: number;
  readonly orderTotal: number | null;
  readonly receivedTotal: number | null;
  readonly feeTotal: number | null;
  readonly netTotal: number | null;
}

/** What a trade bill ends in. Null is what it does not say. */
export interface TradeBillSummary {
  /** How many rows there are. */
  readonly count: number;
  readonly paymentCount: number | null;
  readonly paymentTotal: number | null;
  readonly refundCount: number | null;
  readonly refundTotal: number | null;
  readonly stores: readonly StoreSummary[];
}

export const TRADE_BILL: BillForm<TradeBillRow, StoreSummary, TradeBillSummary> = {
  detailColumn: "支付宝交易号",
  counted: ["交易", "退款"],
  row: (row) => ({
    tradeNo: row.needed(text, "支付宝交易号"),
    outTradeNo: row.needed(text, "商户订单号"),
    kind: KINDS.get(row.needed(text, "业务类型")) ?? "other",
    businessType: row.needed(text, "业务类型"),
    productName: row.optional(text, "商品名称"),
    createdAt: row.needed(time, "创建时间"),
    completedAt: row.needed(time, "完成时间"),
    refundRequestNo: row.optional(text, "退款批次号/请求号"),
    orderAmount: row.needed(signedFen, "订单金额(元)"),
    receivedAmount: row.needed(signedFen, "商家实收(元)"),
    ...discountsOf(row),
    fee: row.optional(signedFen, "服务费(元)"),
    sharedAmount: row.optional(signedFen, "分润(元)"),
    counterparty: row.optional(text, "对方账户", "对方账号"),
    storeId: row.optional(text, "门店编号"),
    storeName: row.optional(text, "门店名称"),
    operatorId: row.optional(text, "操作员"),
    terminalId: row.optional(text, "终端号"),
    remark: row.optional(text, "备注"),
  }),
  summaryRow: (row) => ({
    storeId: row.optional(text, "门店编号"),
    storeName: row.optional(text, "门店名称"),
    paymentCount: row.needed(count, "交易订单总笔数"),
    refundCount: row.needed(count, "退款订单总笔数"),
    orderTotal: row.optional(signedFen, "订单金额(元)"),
    receivedTotal: row.optional(signedFen, "商家实收(元)"),
    feeTotal: row.optional(signedFen, "服务费(元)"),
    netTotal: row.optional(signedFen, "实收净额(元)"),
  }),
  summary: (rows, totals, stores) => {
    const [payments, refunds] = [totalOf(totals, "交易"), totalOf(totals, "退款")];
    return {
      count: rows,
      paymentCount: payments.count,
      paymentTotal: payments.amount,
      refundCount: refunds.count,
      refundTotal: refunds.amount,
      stores,
    };
  },
};

const KINDS: ReadonlyMap<string, TradeBillRow["kind"]> = new Map([
  ["交易", "payment"],
  ["退款", "refund"],
]);

function discountsOf(row: BillRow) {
  return {
    redPacketAmount: row.optional(signedFen, "支付宝红包(元)"),
    pointAmount: row.optional(signedFen, "集分宝(元)"),
    alipayDiscount: row.optional(signedFen, "支付宝优惠(元)"),
    merchantDiscount: row.optional(signedFen, "商家优惠(元)"),
    couponAmount: row.optional(signedFen, "券核销金额(元)"),
    couponName: row.optional(text, "券名称"),
    merchantRedPacketAmount: row.optional(signedFen, "商家红包消费金额(元)"),
    cardAmount: row.optional(signedFen, "卡消费金额(元)"),
  };
}
