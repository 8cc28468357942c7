/** Members of WeChat Pay's request bodies: lengths in characters, amounts in fen. */
import * as z from "zod";
import { isLoopbackHost, parseAddress } from "../notify-url.ts";
import { parseRfc3339 } from "../times.ts";

const MAX_DETAIL_BYTES = 6144;

export const OutTradeNo = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/, "须为6至32位的数字、字母或 _-|*");
export const OutRefundNo = z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/, "须为1至64位的数字、字母或 _-|*@");
const text = (max: number) => z.string().min(1).max(max);
const fen = z.int();

function notifyUrl(max: number) {
  return z.string().max(max).refine(isNotifyUrl, "须为https地址（仅本机地址可用http），且不带参数");
}

function isNotifyUrl(address: string): boolean {
  const url = parseAddress(address);
  if (!url || /[?#]/.test(address)) return false;
  return url.protocol === "https:" || isLoopbackHost(url.hostname);
}

const GoodsDetail = z.object({
  merchant_goods_id: text(32),
  wechatpay_goods_id: text(32).optional(),
  goods_name: text(256).optional(),
  quantity: z.int().min(1),
  unit_price: fen.min(0),
});

const Detail = z
  .object({
    cost_price: fen.optional(),
    invoice_id: text(32).optional(),
    goods_detail: z.array(GoodsDetail).min(1).optional(),
  })
  .refine((detail) => Buffer.byteLength(JSON.stringify(detail)) <= MAX_DETAIL_BYTES, "超过6144字节");

const SceneInfo = z.object({
  payer_client_ip: z.union([z.ipv4(), z.ipv6()]),
  device_id: text(32).optional(),
  store_info: z
    .object({
      id: text(32),
      name: text(256).optional(),
      area_code: text(32).optional(),
      address: text(512).optional(),
    })
    .optional(),
});

/** POST /v3/pay/transactions/native */
export const NativeOrder = z.object({
  appid: text(32),
  mchid: text(32),
  description: text(127),
  out_trade_no: OutTradeNo,
  notify_url: notifyUrl(255),
  amount: z.object({ total: fen.min(1), currency: z.literal("CNY", "须为CNY").optional() }),
  time_expire: z
    .string()
    .refine((time) => parseRfc3339(time) !== undefined, "须为RFC 3339时间")
    .optional(),
  attach: text(128).optional(),
  goods_tag: text(32).optional(),
  support_fapiao: z.boolean().optional(),
  detail: Detail.optional(),
  scene_info: SceneInfo.optional(),
  settle_info: z.object({ profit_sharing: z.boolean().optional() }).optional(),
  limit_pay: z.array(z.enum(["no_balance", "no_credit", "no_debit", "balance_only"])).optional(),
});

/** POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close */
export const CloseOrder = z.object({ mchid: text(32) });

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
      currency: z.literal("CNY", "须为CNY"),
      from: z.array(z.object({ account: z.enum(["AVAILABLE", "UNAVAILABLE"]), amount: fen.min(1) })).optional(),
    }),
    goods_detail: z.array(RefundGoods).min(1).optional(),
  })
  .refine((refund) => refund.transaction_id !== undefined || refund.out_trade_no !== undefined, {
    message: "transaction_id 和 out_trade_no 须填其一",
  });
