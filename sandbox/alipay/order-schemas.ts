/** biz_content of the methods that make a trade (Alipay, payments). */
import * as z from "zod";
import { DAY, HOUR, MINUTE, parseDateTime } from "../times.ts";
import { outTradeNo, text, yuan } from "./schemas.ts";

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY };
const LONGEST = 15 * DAY;

/** A duration such as 90m, 2h or 1d, read as ms. */
const duration = (shortest: number) =>
  z.string().transform((value, context) => {
    const match = /^([1-9]\d{0,4})([mhd])$/.exec(value);
    const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN);
    if (ms >= shortest && ms <= LONGEST) return ms;
    context.addIssue(`须为${shortest / MINUTE}m至15d`);
    return z.NEVER;
  });

const timeout = (shortest = MINUTE) => z.union([z.literal("1c"), duration(shortest)]).optional();
const time = z.string().refine((value) => parseDateTime(value) !== undefined, "须为 yyyy-MM-dd HH:mm:ss");
const userId = z.string().regex(/^2088\d{12}$/, "须为2088开头的16位数字");
const openId = z.string().regex(/^[0-9A-Za-z_-]{16,128}$/, "不是有效的open_id");

const goods = z.object({
  goods_id: text(32),
  goods_name: text(256),
  quantity: z.int().min(1).max(9_999_999_999),
  price: yuan,
  goods_category: text(24).optional(),
  categories_tree: text(128).optional(),
  body: text(1000).optional(),
  show_url: text(400).optional(),
});

const extendParams = z
  .object({
    sys_service_provider_id: text(64).optional(),
    hb_fq_num: z.enum(["3", "6", "12"]).optional(),
    hb_fq_seller_percent: z.enum(["0", "100"]).optional(),
    industry_reflux_info: text(512).optional(),
    card_type: text(32).optional(),
    royalty_freeze: z.enum(["true", "false"]).optional(),
  })
  .catchall(z.string());

const extUserInfo = z.object({
  name: text(16).optional(),
  mobile: text(20).optional(),
  cert_type: text(32).optional(),
  cert_no: text(64).optional(),
  min_age: text(3).optional(),
  fix_buyer: z.enum(["T", "F"]).optional(),
  need_check_info: z.enum(["T", "F"]).optional(),
});

/** What all of them take. */
const common = {
  out_trade_no: outTradeNo,
  total_amount: yuan,
  subject: text(256).refine((subject) => !/[/=&]/.test(subject), "不可含有 / = & 等特殊字符"),
  body: text(128).optional(),
  time_expire: time.optional(),
  passback_params: text(512).optional(),
  seller_id: z.string().min(16).max(28).optional(),
  goods_detail: z.array(goods).optional(),
  goods_type: z.enum(["0", "1"]).optional(),
  extend_params: extendParams.optional(),
  ext_user_info: extUserInfo.optional(),
  enable_pay_channels: text(128).optional(),
  disable_pay_channels: text(128).optional(),
  discountable_amount: yuan.optional(),
  undiscountable_amount: yuan.optional(),
  operator_id: text(28).optional(),
  store_id: text(32).optional(),
  terminal_id: text(32).optional(),
  query_options: z.array(z.string()).optional(),
};

interface Exclusive {
  readonly total_amount: number;
  readonly enable_pay_channels?: string | undefined;
  readonly disable_pay_channels?: string | undefined;
  readonly discountable_amount?: number | undefined;
  readonly undiscountable_amount?: number | undefined;
}

/** Rules between members. */
function consistent<T extends Exclusive>(schema: z.ZodType<T>) {
  return schema
    .refine((order) => order.enable_pay_channels === undefined || order.disable_pay_channels === undefined, {
      message: "与 disable_pay_channels 不能同时传入",
      path: ["enable_pay_channels"],
    })
    .refine(sumsUp, {
      message: "与 undiscountable_amount 之和须等于 total_amount",
      path: ["discountable_amount"],
    });
}

function sumsUp(order: Exclusive): boolean {
  const { discountable_amount: some, undiscountable_amount: rest, total_amount: total } = order;
  return some === undefined || rest === undefined || some + rest === total;
}

/** alipay.trade.precreate */
export const Precreate = consistent(
  z.object({
    ...common,
    product_code: z.enum(["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"]).optional(),
    timeout_express: timeout(),
    qr_code_timeout_express: duration(MINUTE).optional(),
  }),
);

/** alipay.trade.page.pay */
export const PagePay = consistent(
  z.object({
    ...common,
    product_code: z.literal("FAST_INSTANT_TRADE_PAY"),
    timeout_express: timeout(),
    qr_pay_mode: z.enum(["0", "1", "2", "3", "4"]).optional(),
    qrcode_width: z.coerce.number().int().min(1).max(9999).optional(),
    integration_type: z.enum(["PCWEB", "ALIAPP"]).optional(),
    request_from_url: text(256).optional(),
  }),
);

/** alipay.trade.wap.pay */
export const WapPay = consistent(
  z.object({
    ...common,
    product_code: z.literal("QUICK_WAP_WAY").optional(),
    timeout_express: timeout(5 * MINUTE),
    quit_url: text(400),
    specified_channel: z.literal("pcredit").optional(),
  }),
);

/** alipay.trade.app.pay */
export const AppPay = consistent(
  z.object({
    ...common,
    product_code: z.enum(["QUICK_MSECURITY_PAY", "CYCLE_PAY_AUTH"]).optional(),
    timeout_express: timeout(5 * MINUTE),
    specified_channel: z.literal("pcredit").optional(),
  }),
);

const createShape = z.object({
  ...common,
  product_code: z.enum(["FACE_TO_FACE_PAYMENT", "JSAPI_PAY"]).optional(),
  timeout_express: timeout(),
  buyer_id: userId.optional(),
  buyer_open_id: openId.optional(),
  buyer_logon_id: text(100).optional(),
  op_app_id: text(32).optional(),
  op_buyer_open_id: openId.optional(),
});

/** alipay.trade.create */
export const Create = consistent(createShape).refine(
  (order) => [order.buyer_id, order.buyer_open_id, order.buyer_logon_id, order.op_buyer_open_id].some(Boolean),
  { message: "与 buyer_open_id 不能同时为空", path: ["buyer_id"] },
);

/** alipay.trade.pay by a code that was scanned */
export const Pay = consistent(
  z.object({
    ...common,
    product_code: z.literal("FACE_TO_FACE_PAYMENT").optional(),
    timeout_express: timeout(),
    scene: z.enum(["bar_code", "security_code"]).default("bar_code"),
    auth_code: text(64),
  }),
);
