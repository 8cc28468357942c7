/** Members of biz_content of pre-authorisations (alipay.fund.auth.*, and alipay.trade.pay with auth_no). */
import * as z from "zod";
import { MINUTE } from "../times.ts";
import { AlipayError } from "./errors.ts";
import { outTradeNo as ownNumber, text, yuan } from "./schemas.ts";

const LONGEST_MINUTES = 15 * 24 * 60;

const minutes = z.string().transform((value, context) => {
  const count = Number(/^([1-9]\d{0,4})m$/.exec(value)?.[1]);
  if (count <= LONGEST_MINUTES) return count * MINUTE;
  context.addIssue("须为1m至15d");
  return z.NEVER;
});

const freeze = {
  out_order_no: ownNumber,
  out_request_no: ownNumber,
  order_title: text(100),
  amount: yuan,
  pay_timeout: minutes.optional(),
  payee_user_id: z.string().optional(),
  payee_logon_id: z.string().optional(),
  extra_param: z.string().optional(),
  deposit_product_mode: z.string().optional(),
};

/** alipay.fund.auth.order.app.freeze; which of the two products it is, sources don't agree on. */
export const AppFreeze = z.object({ ...freeze, product_code: z.enum(["PREAUTH_PAY", "PRE_AUTH_ONLINE"]) });

/** alipay.fund.auth.order.voucher.create */
export const Voucher = z.object({ ...freeze, product_code: z.literal("PRE_AUTH") });

/** alipay.fund.auth.order.freeze */
export const ScannedFreeze = z.object({
  ...freeze,
  product_code: z.literal("PRE_AUTH"),
  auth_code: text(64),
  auth_code_type: z.enum(["bar_code", "security_code"]),
});

/** alipay.fund.auth.operation.detail.query: Alipay's own numbers win. */
export const FreezeQuery = z
  .object({
    auth_no: text(28).optional(),
    operation_id: text(64).optional(),
    out_order_no: ownNumber.optional(),
    out_request_no: ownNumber.optional(),
  })
  .refine((named) => (named.auth_no && named.operation_id) || (named.out_order_no && named.out_request_no), {
    message: "auth_no 与 operation_id、out_order_no 与 out_request_no 不能同时为空",
  });

/** alipay.fund.auth.operation.cancel */
export const FreezeCancel = z.object({
  out_order_no: ownNumber,
  out_request_no: ownNumber,
  remark: text(100),
});

/** alipay.fund.auth.order.unfreeze */
export const Unfreeze = z.object({
  auth_no: text(28),
  out_request_no: ownNumber,
  amount: yuan,
  remark: text(100),
});

/** alipay.trade.pay that takes frozen money */
export const Capture = z.object({
  out_trade_no: ownNumber,
  auth_no: text(28),
  auth_confirm_mode: z.enum(["COMPLETE", "NOT_COMPLETE"]).default("NOT_COMPLETE"),
  product_code: z.enum(["PRE_AUTH", "PRE_AUTH_ONLINE"]),
  buyer_id: text(28).optional(),
  buyer_open_id: text(128).optional(),
  subject: text(256).refine((subject) => !/[/=&]/.test(subject), "不可含有 / = & 等特殊字符"),
  total_amount: yuan,
  body: text(128).optional(),
});

/** Applies a schema. Codes of pre-authorisations have no ACQ before them. Throws AlipayError. */
export function checkedAuth<T>(schema: z.ZodType<T>, bizContent: unknown): T {
  const result = schema.safeParse(bizContent);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw authError("INVALID_PARAMETER", `参数有误：${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** A refusal of a pre-authorisation. */
export function authError(subCode: string, message: string): AlipayError {
  return new AlipayError("40004", subCode, message);
}
