/** Members of Alipay's biz_content about trades that are there: lengths in characters, amounts in yuan. */
import * as z from "zod";
import { businessError } from "./errors.ts";
import { toFen } from "./yuan.ts";

const MAX_FEN = 10_000_000_000;

export const text = (max: number) => z.string().min(1).max(max);
export const outTradeNo = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "须为64个以内的字母、数字、下划线");

/** Between 0.01 and 100,000,000 yuan, read as fen. */
export const yuan = z.union([z.string(), z.number()]).transform((value, context) => {
  const fen = toFen(String(value));
  if (fen !== undefined && fen >= 1 && fen <= MAX_FEN) return fen;
  context.addIssue("须为0.01至100000000之间、最多两位小数的金额");
  return z.NEVER;
});

/** What names a trade; trade_no wins when both are there. */
export const TradeReference = z
  .object({ trade_no: text(64).optional(), out_trade_no: outTradeNo.optional() })
  .refine((named) => named.trade_no !== undefined || named.out_trade_no !== undefined, {
    message: "trade_no 和 out_trade_no 不能同时为空",
  });

/** alipay.trade.query, .close and .cancel */
export const TradeQuery = TradeReference.safeExtend({ query_options: z.array(z.string()).optional() });
export const TradeClose = TradeReference.safeExtend({ operator_id: text(28).optional() });

/** alipay.trade.refund */
export const RefundRequest = TradeReference.safeExtend({
  refund_amount: yuan,
  out_request_no: text(64).optional(),
  refund_reason: text(256).optional(),
  operator_id: text(30).optional(),
  store_id: text(32).optional(),
  terminal_id: text(32).optional(),
  query_options: z.array(z.string()).optional(),
  refund_royalty_parameters: z.array(z.unknown()).optional(),
  refund_goods_detail: z.array(z.unknown()).optional(),
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
