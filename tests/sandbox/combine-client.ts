/** A merchant that lets one payment pay several orders, written from the protocol alone. */
import type { Received } from "./http.ts";
import { call, type Env, type Oddities, value } from "./wechat-client.ts";

export const COMBINE = "/v3/combine-transactions";

export function subOrder(env: Env, outTradeNo: string, total: number, more: object = {}) {
  return {
    mchid: value(env, "WECHAT_MCH_ID"),
    attach: `order of ${outTradeNo}`,
    amount: { total_amount: total, currency: "CNY" },
    out_trade_no: outTradeNo,
    description: `商品 ${outTradeNo}`,
    ...more,
  };
}

/** A combined order of 1.00 and 2.50 yuan, its sub orders `{no}-a` and `{no}-b`, that breaks no rule. */
export function combinedOrder(env: Env, no: string, more: object = {}) {
  return {
    combine_appid: value(env, "WECHAT_APP_ID"),
    combine_mchid: value(env, "WECHAT_MCH_ID"),
    combine_out_trade_no: no,
    sub_orders: [subOrder(env, `${no}-a`, 100), subOrder(env, `${no}-b`, 250)],
    notify_url: "https://shop.example/combined",
    ...more,
  };
}

export const createCombined = (env: Env, product: string, order: object, odd?: Oddities): Promise<Received> =>
  call(env, "POST", `${COMBINE}/${product}`, order, odd);
export const queryCombined = (env: Env, no: string): Promise<Received> =>
  call(env, "GET", `${COMBINE}/out-trade-no/${no}`);

/** Closes a combined order; its sub orders are those of `combinedOrder` unless others are given. */
export function closeCombined(env: Env, no: string, numbers = [`${no}-a`, `${no}-b`]): Promise<Received> {
  const mchid = value(env, "WECHAT_MCH_ID");
  const sub_orders = numbers.map((out_trade_no) => ({ mchid, out_trade_no }));
  const body = { combine_appid: value(env, "WECHAT_APP_ID"), sub_orders };
  return call(env, "POST", `${COMBINE}/out-trade-no/${no}/close`, body);
}
