/** Payment methods as data: which provider serves each, and how long the credential it hands out lives. */

export const PROVIDERS = ["wechat", "alipay", "points"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export const METHODS = {
  WECHAT_NATIVE: { provider: "wechat", credentialSeconds: 7200 },
  ALIPAY_QR: { provider: "alipay", credentialSeconds: 7200 },
  POINTS: { provider: "points", credentialSeconds: null },
} as const satisfies Record<string, { provider: ProviderName; credentialSeconds: number | null }>;

export type PaymentMethod = keyof typeof METHODS;

export const METHOD_NAMES = ["WECHAT_NATIVE", "ALIPAY_QR", "POINTS"] as const satisfies readonly PaymentMethod[];
