/** The bodies that create and close combined payments (WeChat Pay V3, combined payment). */
import * as z from "zod";
import { Currency, fen, H5Info, notifyUrl, OutTradeNo, SceneInfo, TimeExpire, text } from "./fields.ts";

const FEWEST = 2;
const MOST = 10;

const SubOrder = z.object({
  mchid: text(32),
  attach: text(128),
  amount: z.object({ total_amount: fen.min(1), currency: Currency }),
  out_trade_no: OutTradeNo,
  description: text(127),
  goods_tag: text(32).optional(),
  detail: z.string().optional(),
  settle_info: z.object({ profit_sharing: z.boolean().optional() }).optional(),
});
export type SubOrder = z.infer<typeof SubOrder>;

const CombinedSceneInfo = SceneInfo.omit({ store_info: true });

const Common = z.object({
  combine_appid: text(32),
  combine_mchid: text(32),
  combine_out_trade_no: OutTradeNo,
  sub_orders: z.array(SubOrder).min(FEWEST).max(MOST),
  scene_info: CombinedSceneInfo.optional(),
  time_expire: TimeExpire.optional(),
  notify_url: notifyUrl(255),
});

/** What all four have in common, once checked by their own schema. */
export type CombinedOrder = z.infer<typeof Common>;

/** POST /v3/combine-transactions/{jsapi,native,h5,app} */
export const COMBINED_ORDERS = {
  jsapi: Common.extend({ combine_payer_info: z.object({ openid: text(128) }) }),
  native: Common,
  h5: Common.extend({ scene_info: CombinedSceneInfo.extend({ h5_info: H5Info }) }),
  app: Common,
} as const satisfies Record<string, z.ZodType<CombinedOrder>>;

/** POST /v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close */
export const CloseCombinedOrder = z.object({
  combine_appid: text(32),
  sub_orders: z.array(z.object({ mchid: text(32), out_trade_no: OutTradeNo })).min(1),
});
