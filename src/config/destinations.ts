/** Where a configured service calls, and nowhere else. */
import type { Config } from "../config.ts";
import { accessKeysUrl } from "../security/access.ts";
import { type Destination, exactOrigin, filesBelow } from "../security/outgoing.ts";

const MEBIBYTE = 1024 * 1024;
/** Pages of rows are the most that a statement gives. */
const DATABASE_BYTES = 64 * MEBIBYTE;
const KEYS_BYTES = MEBIBYTE / 4;
/** Bills are read while they come in; any other answer of a provider is cut at 1 MiB where it is read. */
const BILL_BYTES = 512 * MEBIBYTE;

/** The places that this configuration names, with those that the providers' protocols name. */
export function destinationsOf(config: Config): readonly Destination[] {
  const { tokens, access, wechat, alipay } = config;
  const keys = [...(tokens.kind === "jwks" ? [tokens.url] : []), ...(access ? [accessKeysUrl(access)] : [])];
  const providers = [wechat?.baseUrl, wechat?.backupUrl, wechat?.proxyUrl, alipay?.gatewayUrl];
  return [
    exactOrigin(config.databaseUrl, DATABASE_BYTES),
    ...keys.map((url) => exactOrigin(url, KEYS_BYTES)),
    ...providers.filter((url) => url !== undefined).map((url) => exactOrigin(url, BILL_BYTES)),
    ...(wechat ? [filesBelow("mch.weixin.qq.com", ["https:"], BILL_BYTES)] : []),
    // Alipay gives its bills out over plain HTTP.
    ...(alipay
      ? ["alipay.com", "alipaydev.com"].map((domain) => filesBelow(domain, ["https:", "http:"], BILL_BYTES))
      : []),
  ];
}
