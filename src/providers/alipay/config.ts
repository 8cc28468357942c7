/** The names that Alipay's sources give the product of a freeze by order string. */
export const PRE_AUTH_PRODUCT_CODES = ["PREAUTH_PAY", "PRE_AUTH_ONLINE"] as const;

/**
 * What it takes to speak for one Alipay application. Keys are PEM, PEM with literal `\n`, or bare base64. Either
 * `publicKeyPem` (public-key mode) or `certificates` (certificate mode).
 */
export interface AlipayConfig {
  readonly appId: string;
  /** The application's private key. */
  readonly privateKeyPem: string;
  /** Alipay's public key, not the application's own. */
  readonly publicKeyPem?: string;
  readonly certificates?: AlipayCertificates;
  /** Base64 of 16 bytes, where the merchant has turned content encryption on. */
  readonly encryptKey?: string;
  /** `https://openapi.alipay.com/gateway.do` or another gateway. */
  readonly gatewayUrl: string;
  readonly notifyUrl: string;
  /** Where browsers come back to when a caller does not say. */
  readonly returnUrl?: string;
  /** What order strings for a freeze name their product; PREAUTH_PAY when absent. See FREEZES in pre-auth-content.ts. */
  readonly preAuthProductCode?: (typeof PRE_AUTH_PRODUCT_CODES)[number];
  /** The account that receives the money (2088…); callbacks for another one are refused when set. */
  readonly sellerId?: string;
}

/** Certificate files, as PEM. */
export interface AlipayCertificates {
  /** The application's own. */
  readonly app: string;
  /** Alipay's roots, all in one text. */
  readonly root: string;
  /** One or more of Alipay's, in use at once while one replaces the other; each may bring its chain. */
  readonly alipay: string;
}
