/** What WeChat Pay signs: answers and callbacks, with the key that the other side asked for. */
import { randomText, signText } from "../crypto.ts";
import type { SignatureKind } from "../faults.ts";
import type { World } from "../world.ts";

const PROBE = "WECHATPAY/SIGNTEST/";
const STALE_SECONDS = 600;

export interface Signer {
  readonly serial: string;
  readonly key: "payKey" | "platformKey";
}

/** The WeChat Pay public key, for merchants that have moved to it. */
export function publicKeySigner(world: World): Signer {
  return { serial: world.wechat.publicKeyId, key: "payKey" };
}

/** The platform certificate's key, for requests that don't name the public key. */
export function certificateSigner(world: World): Signer {
  return { serial: world.wechat.platformSerial, key: "platformKey" };
}

/** The Wechatpay-* headers for a body, dated by the wall clock unless told otherwise, spoilt on request. */
export function signatureHeaders(
  world: World,
  signer: Signer,
  body: string,
  options: { readonly flaw?: SignatureKind | undefined; readonly timestamp?: number | undefined } = {},
): Record<string, string> {
  if (options.flaw === "unsigned") return {};
  const late = options.flaw === "stale_timestamp" ? STALE_SECONDS : 0;
  const timestamp = String(options.timestamp ?? Math.floor(world.clock.wall() / 1000) - late);
  const nonce = randomText(32);
  const signed = options.flaw === "bad_signature" ? `${body} ` : body;
  const signature = signText(world.wechat[signer.key].privateKey, `${timestamp}\n${nonce}\n${signed}\n`);
  return {
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Signature": options.flaw === "sigtest" ? PROBE + signature.replace(/=+$/, "") : signature,
    "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    "Wechatpay-Serial": signer.serial,
  };
}
