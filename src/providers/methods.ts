/** Payment methods as data: which provider serves each, and how long the credential it hands out lives. */

export const PROVIDERS = ["wechat", "alipay", "points"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A prepay_id or a code_url lasts two hours, an h5_url five minutes. */
export const METHODS = {
  WECHAT_JSAPI: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_MINI: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_NATIVE: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_APP: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_H5: { provider: "wechat", credentialSeconds: 300 },
  ALIPAY_QR: { provider: "alipay", credentialSeconds: 7200 },
  POINTS: { provider: "points", credentialSeconds: null },
} as const satisfies Record<string, { provider: ProviderName; credentialSeconds: number | null }>;

export type PaymentMethod = keyof typeof METHODS;

export const METHOD_NAMES = [
  "WECHAT_JSAPI",
  "WECHAT_MINI",
  "WECHAT_NATIVE",
  "WECHAT_APP",
  "WECHAT_H5",
  "ALIPAY_QR",
  "POINTS",
] as const satisfies readonly PaymentMethod[];

/** The methods of WeChat Pay. */
export const WECHAT_METHODS = [
  "WECHAT_JSAPI",
  "WECHAT_MINI",
  "WECHAT_NATIVE",
  "WECHAT_APP",
  "WECHAT_H5",
] as const satisfies readonly PaymentMethod[];
export type WechatMethod = (typeof WECHAT_METHODS)[number];
