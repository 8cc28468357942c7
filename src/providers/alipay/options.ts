/** What a caller says of a payment beyond its order, in Alipay's words (Alipay, payments, shared rules). */
import * as z from "zod";
import type { AlipayGoods, AlipayOptions, PaymentDetails } from "../details.ts";
import { METHODS } from "../methods.ts";
import { amount, shownText, text } from "./content-rules.ts";

/** The details of any payment by Alipay. */
export type AlipayDetails = Extract<PaymentDetails, { readonly method: `ALIPAY_${string}` }>;

/** Details as those of a payment by Alipay. Throws RangeError for a method that another provider serves. */
export function alipayDetails(details: PaymentDetails): AlipayDetails {
  if (isAlipay(details)) return details;
  throw new RangeError(`Alipay does not serve ${details.method}`);
}

function isAlipay(details: PaymentDetails): details is AlipayDetails {
  return METHODS[details.method].provider === "alipay";
}

const goods = z.object({
  goods_id: text(32),
  goods_name: text(256),
  quantity: z.int("is not a whole number").min(1, "is less than 1").max(9_999_999_999, "has more than 10 digits"),
  price: amount,
  goods_category: text(24).optional(),
  categories_tree: text(128).optional(),
  body: text(1000).optional(),
  show_url: text(400).optional(),
});

const extension = z
  .object({ hb_fq_num: z.enum(["3", "6", "12"]).optional(), hb_fq_seller_percent: z.enum(["0", "100"]).optional() })
  .refine((said) => said.hb_fq_seller_percent === undefined || said.hb_fq_num !== undefined, {
    path: ["hb_fq_num"],
    error: "is missing beside hb_fq_seller_percent",
  });

const channels = text(128).regex(/^\w+(?:,\w+)*$/, "is not a list of names with commas between");

/** The optional members that every method takes, in the order they are sent in. */
export const optionShapes = {
  body: text(128).optional(),
  goods_detail: z.array(goods).min(1, "is empty").optional(),
  passback_params: text(512).optional(),
  extend_params: extension.optional(),
  enable_pay_channels: channels.optional(),
  disable_pay_channels: channels.optional(),
  store_id: text(32).optional(),
  operator_id: text(28).optional(),
  terminal_id: text(32).optional(),
};

/** The options as members. Those of one purpose shut each other out: see `excludesOther`. */
export function optionsOf(options: AlipayOptions): z.input<z.ZodObject<typeof optionShapes>> {
  return {
    body: shownText(options.body, 128),
    goods_detail: options.goodsDetail?.length ? options.goodsDetail.map(goodsOf) : undefined,
    passback_params: options.passbackParams === undefined ? undefined : encodePassback(options.passbackParams),
    extend_params: extensionOf(options),
    enable_pay_channels: options.enablePayChannels,
    disable_pay_channels: options.disablePayChannels,
    store_id: options.storeId,
    operator_id: options.operatorId,
    terminal_id: options.terminalId,
  };
}

/** Whether one list of channels is named at most. */
export function excludesOther(said: { readonly enable_pay_channels?: unknown; disable_pay_channels?: unknown }) {
  return said.enable_pay_channels === undefined || said.disable_pay_channels === undefined;
}

function goodsOf(one: AlipayGoods) {
  return {
    goods_id: one.goodsId,
    goods_name: shownText(one.goodsName, 256) ?? one.goodsId,
    quantity: one.quantity,
    price: one.price,
    goods_category: one.goodsCategory,
    categories_tree: one.categoriesTree,
    body: shownText(one.body, 1000),
    show_url: one.showUrl,
  };
}

function extensionOf({ hbFqNum, hbFqSellerPercent }: AlipayOptions) {
  if (hbFqNum === undefined && hbFqSellerPercent === undefined) return undefined;
  return { hb_fq_num: hbFqNum, hb_fq_seller_percent: hbFqSellerPercent };
}

/** Alipay wants this text URL-encoded before it goes into biz_content. Encoded, it can't hide a field of a notice either. */
function encodePassback(said: string): string {
  return encodeURIComponent(said.toWellFormed());
}

/** What was said in `passbackParams`. Text that is not encoded as ours is given as it came. */
export function decodePassback(echoed: string): string {
  try {
    return decodeURIComponent(echoed);
  } catch {
    return echoed;
  }
}
