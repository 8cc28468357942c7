/** What a caller says of a payment beyond its order, in WeChat Pay's words (WeChat Pay V3, create order, common body). */
import * as z from "zod";
import type { CombinedDetails, PaymentDetails, WechatGoods, WechatOptions } from "../details.ts";
import { METHODS } from "../methods.ts";
import { fitsBytes, shownText, text } from "./body-rules.ts";

/** The details of any payment by WeChat Pay. */
export type WechatDetails = CombinedDetails;

/** Details as those of a payment by WeChat Pay. Throws RangeError for a method that another provider serves. */
export function wechatDetails(details: PaymentDetails): WechatDetails {
  if (isWechat(details)) return details;
  throw new RangeError(`WeChat Pay does not serve ${details.method}`);
}

function isWechat(details: PaymentDetails): details is WechatDetails {
  return METHODS[details.method].provider === "wechat";
}

const MAX_DETAIL_BYTES = 6144;

const price = z.int("is not a number of fen").min(0, "is negative");

const goods = z.object({
  merchant_goods_id: text(32),
  wechatpay_goods_id: text(32).optional(),
  goods_name: text(256).optional(),
  quantity: z.int("is not a whole number").min(1, "is less than 1"),
  unit_price: price,
});

const detail = z
  .object({
    cost_price: price.optional(),
    invoice_id: text(32).optional(),
    goods_detail: z.array(goods).min(1, "is empty").optional(),
  })
  .refine((value) => fitsBytes(value, MAX_DETAIL_BYTES), `is larger than ${MAX_DETAIL_BYTES} bytes`);

const storeInfo = z.object({
  id: text(32),
  name: text(256).optional(),
  area_code: text(32).optional(),
  address: text(512).optional(),
});

const h5Info = z.object({
  type: z.enum(["Wap", "iOS", "Android"], "is not Wap, iOS or Android"),
  app_name: text(64).optional(),
  app_url: text(128).optional(),
  bundle_id: text(128).optional(),
  package_name: text(128).optional(),
});

const clientIp = z.union([z.ipv4(), z.ipv6()], "is not an IPv4 or IPv6 address");

/** The scene of a single payment; a combined one has the same without a store. */
const sceneInfo = z.object({
  payer_client_ip: clientIp,
  device_id: text(32).optional(),
  store_info: storeInfo.optional(),
  h5_info: h5Info.optional(),
});
export const combinedSceneInfo = sceneInfo.omit({ store_info: true });

export const settleInfo = z.object({ profit_sharing: z.boolean() });

/** The optional members of a create call, in the order they are sent in. */
export const optionShapes = {
  detail: detail.optional(),
  scene_info: sceneInfo.optional(),
  settle_info: settleInfo.optional(),
};

/** The payer, for the methods that pay inside of WeChat. */
export function payerOf(details: WechatDetails) {
  return "openid" in details ? { openid: details.openid } : undefined;
}

/** The goods, when there is anything to say of them. */
export function detailOf({ detail }: WechatOptions) {
  if (detail?.costPrice === undefined && detail?.invoiceId === undefined && !detail?.goodsDetail?.length) {
    return undefined;
  }
  return {
    cost_price: detail.costPrice,
    invoice_id: detail.invoiceId,
    goods_detail: detail.goodsDetail?.length ? detail.goodsDetail.map(goodsOf) : undefined,
  };
}

function goodsOf(one: WechatGoods) {
  return {
    merchant_goods_id: one.merchantGoodsId,
    wechatpay_goods_id: one.wechatpayGoodsId,
    goods_name: shownText(one.goodsName, 256),
    quantity: one.quantity,
    unit_price: one.unitPrice,
  };
}

/**
 * The scene. It is not valid without the payer's address, so where that is not known a scene that nobody requires
 * is left out.
 */
export function sceneOf(details: WechatDetails) {
  const { deviceId, storeInfo: store } = details.sceneInfo ?? {};
  const h5 = h5Of(details);
  if (details.payerClientIp === undefined || !(h5 || store || deviceId !== undefined)) return undefined;
  const { id, name, areaCode, address } = store ?? {};
  return {
    payer_client_ip: details.payerClientIp,
    device_id: deviceId,
    store_info:
      id === undefined
        ? undefined
        : { id, name: shownText(name, 256), area_code: areaCode, address: shownText(address, 512) },
    h5_info: h5,
  };
}

function h5Of(details: WechatDetails) {
  if (details.method !== "WECHAT_H5") return undefined;
  const { h5Type, appName, appUrl, bundleId, packageName } = details;
  return {
    type: h5Type,
    app_name: shownText(appName, 64),
    app_url: appUrl,
    bundle_id: bundleId,
    package_name: packageName,
  };
}

/** Whether the money is frozen until it has been shared out, when that was said. */
export function settleInfoOf({ settleInfo }: WechatOptions) {
  const { profitSharing } = settleInfo ?? {};
  return profitSharing === undefined ? undefined : { profit_sharing: profitSharing };
}
