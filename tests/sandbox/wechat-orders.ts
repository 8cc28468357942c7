/** Orders of every product that break no rule, and what clients hand to WeChat to pay them. */
import { sign } from "node:crypto";
import { type Env, nativeOrder, value } from "./wechat-client.ts";

const NOTIFY = "https://shop.example/notify";
export const PRODUCTS = ["jsapi", "native", "h5", "app"] as const;
export type Product = (typeof PRODUCTS)[number];

export const pathOf = (product: Product) => `/v3/pay/transactions/${product}`;

/** The body for a product, with `more` in place of its own members. */
export function orderFor(env: Env, product: Product, no: string, more: object = {}) {
  const common = nativeOrder(env, no, NOTIFY);
  const own = {
    jsapi: { payer: { openid: "oOfcl_test_payer" } },
    native: {},
    h5: { scene_info: { payer_client_ip: "203.0.113.7", h5_info: { type: "Wap" } } },
    app: { appid: value(env, "WECHAT_MOBILE_APP_ID") },
  };
  return { ...common, ...own[product], ...more };
}

/** A JSAPI order for the mini program. */
export function miniOrder(env: Env, no: string) {
  return orderFor(env, "jsapi", no, {
    appid: value(env, "WECHAT_MINI_APP_ID"),
    payer: { openid: "oMini_test_payer" },
  });
}

/** The merchant's signature over lines that each end in a line feed. */
function signed(env: Env, lines: readonly string[]): string {
  const message = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return sign("sha256", message, value(env, "WECHAT_API_CLIENT_KEY")).toString("base64");
}

const TIME = "1764000000";
const NONCE = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

/** For a page of the official account. Without appId it is what a mini program hands over. */
export function jsapiParameters(env: Env, prepayId: unknown, appId = value(env, "WECHAT_APP_ID")) {
  const text = `prepay_id=${prepayId}`;
  const paySign = signed(env, [appId, TIME, NONCE, text]);
  return { appId, timeStamp: TIME, nonceStr: NONCE, package: text, signType: "RSA", paySign };
}

export function miniParameters(env: Env, prepayId: unknown) {
  const { appId: _, ...parameters } = jsapiParameters(env, prepayId, value(env, "WECHAT_MINI_APP_ID"));
  return parameters;
}

export function appParameters(env: Env, prepayId: unknown, appid = value(env, "WECHAT_MOBILE_APP_ID")) {
  return {
    appid,
    partnerid: value(env, "WECHAT_MCH_ID"),
    prepayid: String(prepayId),
    package: "Sign=WXPay",
    noncestr: NONCE,
    timestamp: TIME,
    sign: signed(env, [appid, TIME, NONCE, String(prepayId)]),
  };
}
