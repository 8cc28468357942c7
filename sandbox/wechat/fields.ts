/** Members that several of WeChat Pay's request bodies share: lengths in characters, amounts in fen. */
import * as z from "zod";
import { isLoopbackHost, isPrivateHost, parseAddress } from "../notify-url.ts";
import { parseRfc3339 } from "../times.ts";

const MAX_DETAIL_BYTES = 6144;

export const OutTradeNo = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/, "须为6至32位的数字、字母或 _-|*");
export const OutRefundNo = z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/, "须为1至64位的数字、字母或 _-|*@");
export const Currency = z.literal("CNY", "须为CNY");
export const TimeExpire = z.string().refine((time) => parseRfc3339(time) !== undefined, "须为RFC 3339时间");
export const text = (max: number) => z.string().min(1).max(max);
export const fen = z.int();

/** An https address without a query; on this machine http is fine. */
export function notifyUrl(max: number) {
  return z.string().max(max).refine(isNotifyUrl, "须为外网可访问的https地址（仅本机地址可用http），且不带参数");
}

function isNotifyUrl(address: string): boolean {
  const url = parseAddress(address);
  if (!url || /[?#]/.test(address)) return false;
  if (isLoopbackHost(url.hostname)) return true;
  return url.protocol === "https:" && !isPrivateHost(url.hostname);
}

const GoodsDetail = z.object({
  merchant_goods_id: text(32),
  wechatpay_goods_id: text(32).optional(),
  goods_name: text(256).optional(),
  quantity: z.int().min(1),
  unit_price: fen.min(0),
});

/** Members that the schema doesn't know count, too. */
export const Detail = z
  .looseObject({
    cost_price: fen.optional(),
    invoice_id: text(32).optional(),
    goods_detail: z.array(GoodsDetail.loose()).min(1).optional(),
  })
  .refine((detail) => Buffer.byteLength(JSON.stringify(detail)) <= MAX_DETAIL_BYTES, "超过6144字节");

export const SceneInfo = z.object({
  payer_client_ip: z.union([z.ipv4(), z.ipv6()], "须为IPv4或IPv6地址"),
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

/** What an H5 payment says of the page that it starts from. */
export const H5Info = z.object({
  type: z.enum(["Wap", "iOS", "Android"], "须为Wap、iOS或Android"),
  app_name: text(64).optional(),
  app_url: text(128).optional(),
  bundle_id: text(128).optional(),
  package_name: text(128).optional(),
});
