/** The bodies of refunds (WeChat Pay V3, refunds). */
import * as z from "zod";
import { Currency, fen, notifyUrl, OutRefundNo, OutTradeNo, text } from "./fields.ts";

const RefundGoods = z.object({
  merchant_goods_id: text(32),
  wechatpay_goods_id: text(32).optional(),
  goods_name: text(256).optional(),
  unit_price: fen,
  refund_amount: fen,
  refund_quantity: z.int().min(1),
});

/** POST /v3/refund/domestic/refunds */
export const RefundOrder = z
  .object({
    transaction_id: text(32).optional(),
    out_trade_no: OutTradeNo.optional(),
    out_refund_no: OutRefundNo,
    reason: text(80).optional(),
    notify_url: notifyUrl(256).optional(),
    funds_account: z.enum(["AVAILABLE", "UNSETTLED"]).optional(),
    amount: z.object({
      refund: fen.min(1),
      total: fen.min(1),
      currency: Currency,
      from: z.array(z.object({ account: z.enum(["AVAILABLE", "UNAVAILABLE"]), amount: fen.min(1) })).optional(),
    }),
    goods_detail: z.array(RefundGoods).min(1).optional(),
  })
  .refine((refund) => refund.transaction_id !== undefined || refund.out_trade_no !== undefined, {
    message: "transaction_id 和 out_trade_no 须填其一",
  });

/** Banks whose debit cards take the money of an ABNORMAL refund, as bank_type names them. */
const BankType = z.enum(
  [
    "CMB_DEBIT",
    "COMM_DEBIT",
    "ABC_DEBIT",
    "CCB_DEBIT",
    "ICBC_DEBIT",
    "BOC_DEBIT",
    "PAB_DEBIT",
    "SPDB_DEBIT",
    "CITIC_DEBIT",
    "CEB_DEBIT",
    "CMBC_DEBIT",
    "CIB_DEBIT",
    "GDB_DEBIT",
    "PSBC_DEBIT",
    "NBCB_DEBIT",
  ],
  "不是支持的银行",
);

const BANKS: Readonly<Record<z.infer<typeof BankType>, string>> = {
  CMB_DEBIT: "招商银行",
  COMM_DEBIT: "交通银行",
  ABC_DEBIT: "农业银行",
  CCB_DEBIT: "建设银行",
  ICBC_DEBIT: "工商银行",
  BOC_DEBIT: "中国银行",
  PAB_DEBIT: "平安银行",
  SPDB_DEBIT: "浦发银行",
  CITIC_DEBIT: "中信银行",
  CEB_DEBIT: "光大银行",
  CMBC_DEBIT: "民生银行",
  CIB_DEBIT: "兴业银行",
  GDB_DEBIT: "广发银行",
  PSBC_DEBIT: "邮储银行",
  NBCB_DEBIT: "宁波银行",
};

export function bankName(bankType: z.infer<typeof BankType>): string {
  return BANKS[bankType];
}

/** POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund */
export const AbnormalRefund = z.discriminatedUnion("type", [
  z.object({ type: z.literal("MERCHANT_BANK_CARD"), out_refund_no: OutRefundNo }),
  z.object({
    type: z.literal("USER_BANK_CARD"),
    out_refund_no: OutRefundNo,
    bank_type: BankType,
    bank_account: text(1024),
    real_name: text(1024),
  }),
]);
