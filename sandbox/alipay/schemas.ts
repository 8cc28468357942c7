/** Members of Alipay's biz_content: lengths in characters, amounts in yuan. */
import * as z from "zod";
import { DAY, HOUR, MINUTE, parseDateTime } from "../times.ts";
import { businessError } from "./errors.ts";
import { toFen } from "./yuan.ts";

const MAX_FEN = 10_000_000_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY };
const LONGEST = 15 * DAY;

const text = (max: number) => z.string().min(1).max(max);
const outTradeNo = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "须为64个以内的字母、数字、下划线");

/** Between 0.01 and 100,000,000 yuan, read as fen. */
const yuan = z.union([z.string(), z.number()]).transform((value, context) => {
  const fen = toFen(String(value));
  if (fen !== undefined && fen >= 1 && fen <= MAX_FEN) return fen;
  context.addIssue("须为0.01至100000000之间、最多两位小数的金额");
  return z.NEVER;
});

/** A duration such as 90m, 2h or 1d, read as ms. */
const duration = z.string().transform((value, context) => {
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(value);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN);
  if (ms >= MINUTE && ms <= LONGEST) return ms;
  context.addIssue("须为1m至15d");
  return z.NEVER;
});

const time = z.string().refine((value) => parseDateTime(value) !== undefined, "须为 yyyy-MM-dd HH:mm:ss");

const goods = z.object({
  goods_id: text(32),
  goods_name: text(256),
  quantity: z.int().min(1),
  price: yuan,
  goods_category: text(24).optional(),
  categories_tree: text(128).optional(),
  body: text(1000).optional(),
  show_url: text(400).optional(),
});

/** alipay.trade.precreate */
export const Precreate = z.object({
  out_trade_no: outTradeNo,
  total_amount: yuan,
  subject: text(256).refine((subject) => !/[/=&]/.test(subject), "不可含有 / = & 等特殊字符"),
  product_code: z.enum(["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"]).optional(),
  body: text(128).optional(),
  time_expire: time.optional(),
  timeout_express: z.union([z.literal("1c"), duration]).optional(),
  qr_code_timeout_express: duration.optional(),
  passback_params: text(512).optional(),
  seller_id: z.string().min(16).max(28).optional(),
  goods_detail: z.array(goods).optional(),
  extend_params: z.record(z.string(), z.string()).optional(),
  operator_id: text(28).optional(),
  store_id: text(32).optional(),
  terminal_id: text(32).optional(),
});

/** What names a trade; trade_no wins when both are there. */
export const TradeReference = z
  .object({ trade_no: text(64).optional(), out_trade_no: outTradeNo.optional() })
  .refine((named) => named.trade_no !== undefined || named.out_trade_no !== undefined, {
    message: "trade_no 和 out_trade_no 不能同时为空",
  });

/** alipay.trade.refund */
export const RefundRequest = TradeReference.safeExtend({
  refund_amount: yuan,
  out_request_no: text(64).optional(),
  refund_reason: text(256).optional(),
  operator_id: text(30).optional(),
  store_id: text(32).optional(),
  terminal_id: text(32).optional(),
});

/** alipay.trade.fastpay.refund.query */
export const RefundQuery = TradeReference.safeExtend({
  out_request_no: text(64),
  query_options: z.array(z.string()).optional(),
});

/** Applies a method's schema to biz_content. Throws AlipayError naming the first member that breaks a rule. */
export function checked<T>(schema: z.ZodType<T>, bizContent: unknown): T {
  const result = schema.safeParse(bizContent);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw businessError("INVALID_PARAMETER", `参数无效：${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}
