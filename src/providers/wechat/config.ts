/** What it takes to speak for one WeChat Pay merchant. Keys are PEM, PEM with literal `\n`, or bare base64. */
export interface WechatPayConfig {
  readonly appId: string;
  readonly mchId: string;
  /** 32 characters; decrypts callbacks and platform certificates. */
  readonly apiV3Key: string;
  /** The merchant's API private key. */
  readonly privateKeyPem: string;
  /** Serial number of the merchant's API certificate, in hex. */
  readonly serialNo: string;
  /** WeChat Pay's public key and its id; without it, platform certificates are fetched. */
  readonly publicKey?: { readonly id: string; readonly pem: string };
  /** `https://api.mch.weixin.qq.com` or another address that serves the same paths. */
  readonly baseUrl: string;
  readonly notifyUrl: string;
  readonly refundNotifyUrl: string;
}
