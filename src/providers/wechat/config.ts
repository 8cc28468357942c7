import type { WechatMethod } from "../methods.ts";

/** What it takes to speak for one WeChat Pay merchant. Keys are PEM, PEM with literal `\n`, or bare base64. */
export interface WechatPayConfig {
  /** The official account's, also for Native and H5. */
  readonly appId: string;
  /** The mini program's and the mobile application's, where they differ. */
  readonly miniAppId?: string;
  readonly mobileAppId?: string;
  readonly mchId: string;
  /** 32 characters; decrypts callbacks and platform certificates. */
  readonly apiV3Key: string;
  /** The V2 key, where refund notices of the V2 protocol are to be read. */
  readonly v2Key?: string;
  /** The merchant's API private key. */
  readonly privateKeyPem: string;
  /** Serial number of the merchant's API certificate, in hex. */
  readonly serialNo: string;
  /** WeChat Pay's public key and its id; without it, platform certificates are fetched. */
  readonly publicKey?: { readonly id: string; readonly pem: string };
  /** `https://api.mch.weixin.qq.com` or another address that serves the same paths. */
  readonly baseUrl: string;
  /** Where calls go when `baseUrl` can't be reached. */
  readonly backupUrl?: string;
  /** A reverse proxy with an address that WeChat Pay has on its list, for calls which it takes from there only. */
  readonly proxyUrl?: string;
  readonly notifyUrl: string;
  readonly refundNotifyUrl: string;
}

/** The application that a method's trades belong to. */
export function appIdOf(
  config: Pick<WechatPayConfig, "appId" | "miniAppId" | "mobileAppId">,
  method: WechatMethod,
): string {
  if (method === "WECHAT_MINI") return config.miniAppId ?? config.appId;
  if (method === "WECHAT_APP") return config.mobileAppId ?? config.appId;
  return config.appId;
}
