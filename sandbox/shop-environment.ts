/** What a shop has to be configured with to talk to this simulator. */
import { createPublicKey } from "node:crypto";
import type { Keys } from "./keys.ts";
import { proxyUrl } from "./listed-proxy.ts";
import type { World } from "./world.ts";

/** The shop's environment variables as of now; callback addresses only where the shop's own address is known. */
export function shopEnvironment(world: World, keys: Keys, shopUrl: string | undefined): Record<string, string> {
  return {
    WECHAT_APP_ID: world.wechat.appId,
    WECHAT_MINI_APP_ID: world.wechat.miniAppId,
    WECHAT_MOBILE_APP_ID: world.wechat.mobileAppId,
    WECHAT_MCH_ID: world.wechat.mchId,
    WECHAT_API_V3_KEY: world.wechat.apiV3Key,
    WECHAT_KEY: world.wechat.v2Key,
    WECHAT_API_CLIENT_CERT: keys.wechat.merchantCertificate,
    WECHAT_API_CLIENT_KEY: keys.wechat.merchantPrivateKey,
    WECHAT_API_SERIAL_NO: world.wechat.merchantSerial,
    WECHAT_PUBLIC_KEY_ID: keys.wechat.publicKeyId,
    WECHAT_PUBLIC_KEY: publicKey(keys.wechat.payPrivateKey),
    WECHAT_API_BASE_URL: world.url,
    PROVIDER_PROXY_URL: proxyUrl(world.url),
    ALIPAY_APP_ID: world.alipay.appId,
    ALIPAY_PRIVATE_KEY: keys.alipay.appPrivateKey,
    ALIPAY_SELLER_ID: world.alipay.sellerId,
    ALIPAY_GATEWAY_URL: `${world.url}/gateway.do`,
    ...(world.alipay.application.mode === "certificate" ? certificateVariables(world) : publicKeyVariables(keys)),
    ...(world.alipay.application.encryption && { ALIPAY_ENCRYPT_KEY: keys.alipay.encryptKey }),
    ...(shopUrl !== undefined && callbackAddresses(shopUrl)),
  };
}

/** What takes ALIPAY_PUBLIC_KEY's place in certificate mode; Alipay's certificates in use, the newest last. */
export function certificateVariables(world: World) {
  const { appCertificate, rootCertificates, certificateFile } = world.alipay.signing;
  return {
    ALIPAY_APP_CERT: appCertificate,
    ALIPAY_ROOT_CERT: rootCertificates,
    ALIPAY_PUBLIC_CERT: certificateFile,
  };
}

function publicKeyVariables(keys: Keys) {
  return { ALIPAY_PUBLIC_KEY: publicKey(keys.alipay.gatewayPrivateKey) };
}

/** Where a shop at `shopUrl` takes callbacks. */
export function callbackAddresses(shopUrl: string) {
  const payments = `${shopUrl.replace(/\/$/, "")}/api/v1/payments`;
  return {
    WECHAT_NOTIFY_URL: `${payments}/wechat/notify`,
    WECHAT_REFUND_NOTIFY_URL: `${payments}/wechat/refund/notify`,
    ALIPAY_NOTIFY_URL: `${payments}/alipay/notify`,
    ALIPAY_RETURN_URL: `${payments}/alipay/return`,
    ALIPAY_REFUND_NOTIFY_URL: `${payments}/alipay/refund/notify`,
  };
}

function publicKey(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
}
