/** Refunds in WeChat Pay's words: the body that asks for one, and what replies and callbacks say about it. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import type { RefundStatus, RefundView } from "../refund.ts";
import { amount, currency, notifyUrl, shownText, text, tradeNumber, writeBody } from "./body-rules.ts";
import type { WechatPayConfig } from "./config.ts";
import { amountInFen, CURRENCY, optionalText, optionalTime, wechatNumber } from "./values.ts";

/** A refund of a trade, before it is put into WeChat Pay's words. */
export interface WechatRefundDraft {
  readonly outRefundNo: string;
  /** The trade, by one number or the other. */
  readonly outTradeNo?: string | undefined;
  readonly transactionId?: string | undefined;
  /** What goes back now, and what the payment amounted to. */
  readonly amount: Fen;
  readonly total: Fen;
  readonly reason?: string | undefined;
  /** What is given back of the goods that the trade named. */
  readonly goods?: readonly RefundedGoods[] | undefined;
}

export interface RefundedGoods {
  readonly merchantGoodsId: string;
  readonly wechatpayGoodsId?: string | undefined;
  readonly goodsName?: string | undefined;
  readonly unitPrice: Fen;
  readonly refundAmount: Fen;
  readonly refundQuantity: number;
}

/** An out_refund_no: its characters are all of one byte, so 64 of them are 64 bytes. */
export const refundNumber = z.string().regex(/^[0-9A-Za-z_|*@-]{1,64}$/, "is not up to 64 of 0-9 A-Z a-z _ - | * @");

const refundRequest = z
  .object({
    transaction_id: text(32).optional(),
    out_trade_no: tradeNumber.optional(),
    out_refund_no: refundNumber,
    reason: text(80).optional(),
    notify_url: notifyUrl(256),
    amount: z
      .object({ refund: amount, total: amount, currency })
      .refine(({ refund, total }) => refund <= total, { path: ["refund"], error: "is more than was paid" }),
    goods_detail: z
      .array(
        z.object({
          merchant_goods_id: text(32),
          wechatpay_goods_id: text(32).optional(),
          goods_name: text(256).optional(),
          unit_price: z.int().min(0),
          refund_amount: z.int().min(0),
          refund_quantity: z.int().min(1),
        }),
      )
      .optional(),
  })
  .refine((body) => body.transaction_id !== undefined || body.out_trade_no !== undefined, {
    path: ["out_trade_no"],
    error: "is missing, and so is transaction_id",
  });

/**
 * The body of a refund call. Without `notify_url` the notice would come as V2 XML, so it is always there.
 * @throws InputError naming the member that WeChat Pay would not take
 */
export function refundBody(draft: WechatRefundDraft, config: WechatPayConfig): string {
  return writeBody(refundRequest, {
    transaction_id: draft.transactionId,
    out_trade_no: draft.outTradeNo,
    out_refund_no: draft.outRefundNo,
    reason: shownText(draft.reason, 80),
    notify_url: config.refundNotifyUrl,
    amount: { refund: draft.amount, total: draft.total, currency: CURRENCY },
    goods_detail: draft.goods?.map((one) => ({
      merchant_goods_id: one.merchantGoodsId,
      wechatpay_goods_id: one.wechatpayGoodsId,
      goods_name: shownText(one.goodsName, 256),
      unit_price: one.unitPrice,
      refund_amount: one.refundAmount,
      refund_quantity: one.refundQuantity,
    })),
  });
}

const refund = z.object({
  refund_id: wechatNumber,
  out_refund_no: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: wechatNumber,
  success_time: optionalTime,
  amount: z.object({ refund: amountInFen, currency: optionalText.optional() }),
});

/** The reply to a refund call or its query. Members, channels and accounts may be added any time. */
export const refundReply = refund.extend({ status: z.string() });

export type RefundReply = z.output<typeof refundReply>;

/** The plaintext of a REFUND callback, where the status has another name. */
export const refundNotice = refund
  .extend({ refund_status: z.string(), mchid: z.string() })
  .transform((notice) => ({ ...notice, status: notice.refund_status }));

const STATUSES: ReadonlyMap<string, RefundStatus> = new Map([
  ["PROCESSING", "processing"],
  ["SUCCESS", "success"],
  ["CLOSED", "closed"],
  ["ABNORMAL", "abnormal"],
]);

/** A refund that exists. */
export type ExistingRefund = Exclude<RefundView, { status: "not_found" }>;

/** Says what a refund's status means. Returns undefined for a status not known. */
export function refundView(reply: Omit<RefundReply, "transaction_id">): ExistingRefund | undefined {
  const status = STATUSES.get(reply.status);
  if (!status) return undefined;
  return {
    status,
    providerRefundNo: reply.refund_id,
    amount: reply.amount.refund,
    succeededAt: reply.success_time ?? null,
  };
}
