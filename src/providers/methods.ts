/** Payment methods as data: which provider serves each, and how long the credential it hands out lives. */

export const PROVIDERS = ["wechat", "alipay", "points"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/**
 * A prepay_id or a code_url lasts two hours, an h5_url five minutes, Alipay's QR code two hours. What we sign ourselves
 * (Alipay's pages and order string) carries its time, so it is signed anew when it is asked for again later.
 */
export const METHODS = {
  WECHAT_JSAPI: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_MINI: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_NATIVE: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_APP: { provider: "wechat", credentialSeconds: 7200 },
  WECHAT_H5: { provider: "wechat", credentialSeconds: 300 },
  ALIPAY_WEB: { provider: "alipay", credentialSeconds: 600 },
  ALIPAY_WAP: { provider: "alipay", credentialSeconds: 600 },
  ALIPAY_APP: { provider: "alipay", credentialSeconds: 600 },
  ALIPAY_QR: { provider: "alipay", credentialSeconds: 7200 },
  ALIPAY_JSAPI: { provider: "alipay", credentialSeconds: null },
  ALIPAY_BARCODE: { provider: "alipay", credentialSeconds: null },
  POINTS: { provider: "points", credentialSeconds: null },
} as const satisfies Record<string, { provider: ProviderName; credentialSeconds: number | null }>;

export type PaymentMethod = keyof typeof METHODS;

/**
 * Methods whose payments may be on their way at any time, so that they are ended by a cancel: it gives money back that has
 * come.
 */
export const CANCELLED_METHODS = ["ALIPAY_BARCODE"] as const satisfies readonly PaymentMethod[];

export const METHOD_NAMES = [
  "WECHAT_JSAPI",
  "WECHAT_MINI",
  "WECHAT_NATIVE",
  "WECHAT_APP",
  "WECHAT_H5",
  "ALIPAY_WEB",
  "ALIPAY_WAP",
  "ALIPAY_APP",
  "ALIPAY_QR",
  "ALIPAY_JSAPI",
  "ALIPAY_BARCODE",
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

/** The methods of Alipay. */
export const ALIPAY_METHODS = [
  "ALIPAY_WEB",
  "ALIPAY_WAP",
  "ALIPAY_APP",
  "ALIPAY_QR",
  "ALIPAY_JSAPI",
  "ALIPAY_BARCODE",
] as const satisfies readonly PaymentMethod[];
export type AlipayMethod = (typeof ALIPAY_METHODS)[number];
