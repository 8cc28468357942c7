/** What it takes to speak for one Alipay application. Keys are PEM, PEM with literal `\n`, or bare base64. */
export interface AlipayConfig {
  readonly appId: string;
  /** The application's private key. */
  readonly privateKeyPem: string;
  /** Alipay's public key, not the application's own. */
  readonly publicKeyPem: string;
  /** `https://openapi.alipay.com/gateway.do` or another gateway. */
  readonly gatewayUrl: string;
  readonly notifyUrl: string;
  /** The account that receives the money (2088…); callbacks for another one are refused when set. */
  readonly sellerId?: string;
}
