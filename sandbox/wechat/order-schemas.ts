/** The bodies that create and close orders (WeChat Pay V3, create order, close). */
import * as z from "zod";
import { Currency, Detail, fen, H5Info, notifyUrl, OutTradeNo, SceneInfo, TimeExpire, text } from "./fields.ts";

const Common = z.object({
  appid: text(32),
  mchid: text(32),
  description: text(127),
  out_trade_no: OutTradeNo,
  notify_url: notifyUrl(255),
  amount: z.object({ total: fen.min(1), currency: Currency.optional() }),
  time_expire: TimeExpire.optional(),
  attach: text(128).optional(),
  goods_tag: text(32).optional(),
  support_fapiao: z.boolean().optional(),
  detail: Detail.optional(),
  scene_info: SceneInfo.optional(),
  settle_info: z.object({ profit_sharing: z.boolean().optional() }).optional(),
  limit_pay: z.array(z.enum(["no_balance", "no_credit", "no_debit", "balance_only"])).optional(),
});

/** Any of the four, once checked by its own schema. Only JSAPI orders name their payer. */
export type Order = z.infer<typeof Common> & { readonly payer?: { readonly openid: string } | undefined };

/** POST /v3/pay/transactions/native and /app */
export const PlainOrder = Common;

/** POST /v3/pay/transactions/jsapi: for an official account's page and for a mini program. */
export const JsapiOrder = Common.extend({ payer: z.object({ openid: text(128) }) });

/** POST /v3/pay/transactions/h5 */
export const H5Order = Common.extend({ scene_info: SceneInfo.extend({ h5_info: H5Info }) });

/** POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close */
export const CloseOrder = z.object({ mchid: text(32) });
