/** Members of biz_content of transfers (alipay.fund.trans.uni.transfer and alipay.fund.trans.common.query). */
import * as z from "zod";
import { AlipayError } from "./errors.ts";
import { toFen } from "./yuan.ts";

const text = (max: number) => z.string().min(1).max(max);
const outBizNo = z.string().regex(/^[0-9A-Za-z_]{1,64}$/, "须为64个以内的字母、数字、下划线");
const product = z.enum(["TRANS_ACCOUNT_NO_PWD", "STD_RED_PACKET"]);
const scene = z.literal("DIRECT_TRANSFER");

/** Yuan as text, read as fen. */
const amount = z.string().transform((value, context) => {
  const fen = toFen(value);
  if (fen !== undefined && fen >= 1 && fen <= 10_000_000_000) return fen;
  context.addIssue("须为0.01至100000000之间、最多两位小数的金额");
  return z.NEVER;
});

const IDENTITIES = {
  ALIPAY_USER_ID: /^2088\d{12}$/,
  ALIPAY_LOGON_ID: /^(?:1\d{10}|[^@\s]+@[^@\s]+\.[^@\s]+)$/,
  ALIPAY_OPEN_ID: /^[0-9A-Za-z_-]{16,64}$/,
} as const;

const payee = z
  .object({
    identity: text(64),
    identity_type: z.enum(["ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID"]),
    name: text(64).optional(),
  })
  .refine((named) => IDENTITIES[named.identity_type].test(named.identity), {
    path: ["identity"],
    message: "与 identity_type 不符",
  })
  .refine((named) => named.identity_type !== "ALIPAY_LOGON_ID" || named.name !== undefined, {
    path: ["name"],
    message: "identity_type 为 ALIPAY_LOGON_ID 时不能为空",
  });

/** alipay.fund.trans.uni.transfer */
export const TransferOrder = z
  .object({
    out_biz_no: outBizNo,
    trans_amount: amount,
    product_code: product,
    biz_scene: scene,
    order_title: text(128),
    payee_info: payee,
    remark: text(200).optional(),
    business_params: z.string().max(2000).optional(),
    transfer_scene_name: text(64).optional(),
    transfer_scene_report_infos: z
      .array(z.object({ info_type: text(64), info_content: text(256) }))
      .min(1)
      .optional(),
  })
  .refine((order) => order.product_code !== "TRANS_ACCOUNT_NO_PWD" || order.trans_amount >= 10, {
    path: ["trans_amount"],
    message: "单笔最低转账金额0.1元",
  })
  .refine((order) => !order.transfer_scene_report_infos || order.transfer_scene_name !== undefined, {
    path: ["transfer_scene_name"],
    message: "上报转账场景信息时不能为空",
  });

/** alipay.fund.trans.common.query: Alipay's own numbers win over the merchant's. */
export const TransferQuery = z
  .object({
    out_biz_no: outBizNo.optional(),
    product_code: product.optional(),
    biz_scene: scene.optional(),
    order_id: text(64).optional(),
    pay_fund_order_id: text(64).optional(),
  })
  .refine(
    (named) => named.order_id ?? named.pay_fund_order_id ?? (named.out_biz_no && named.product_code && named.biz_scene),
    {
      message: "order_id、pay_fund_order_id 为空时 out_biz_no、product_code、biz_scene 不能为空",
    },
  );

/** Applies a schema. Codes of transfers have no ACQ before them. Throws AlipayError naming the first wrong member. */
export function checkedTransfer<T>(schema: z.ZodType<T>, bizContent: unknown): T {
  const result = schema.safeParse(bizContent);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw transferError("INVALID_PARAMETER", `参数有误：${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** A refusal of a transfer. */
export function transferError(subCode: string, message: string): AlipayError {
  return new AlipayError("40004", subCode, message);
}
