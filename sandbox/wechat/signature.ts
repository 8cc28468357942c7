/** The Wechatpay-* headers of answers and callbacks, spoilt on request. */
import { randomSerial, randomText, signText } from "../crypto.ts";
import type { SignatureKind } from "../faults.ts";
import type { World } from "../world.ts";
import type { Signer } from "./signing.ts";

const PROBE = "WECHATPAY/SIGNTEST/";
const STALE_SECONDS = 600;
const ALGORITHM = "WECHATPAY2-SHA256-RSA2048";
const OTHER_ALGORITHM = "WECHATPAY2-SM2-WITH-SM3";

interface Options {
  readonly flaw?: SignatureKind | undefined;
  /** Unix seconds instead of the wall clock's. */
  readonly timestamp?: number | undefined;
}

/** The headers for a body. */
export function signatureHeaders(
  world: World,
  signer: Signer,
  body: string,
  { flaw, timestamp: asked }: Options = {},
): Record<string, string> {
  if (flaw === "unsigned") return {};
  const late = flaw === "stale_timestamp" ? STALE_SECONDS : 0;
  const timestamp = String(asked ?? Math.floor(world.clock.wall() / 1000) - late);
  const nonce = randomText(32);
  const signed = flaw === "bad_signature" ? `${body} ` : body;
  const signature = signText(signer.privateKey, `${timestamp}\n${nonce}\n${signed}\n`);
  return {
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Signature": probed(signature, flaw),
    "Wechatpay-Signature-Type": flaw === "other_algorithm" ? OTHER_ALGORITHM : ALGORITHM,
    "Wechatpay-Serial": flaw === "unknown_serial" ? randomSerial() : signer.serial,
  };
}

/** Probes are wrong on purpose; some of them are no base64 either: their length is none that base64 has. */
function probed(signature: string, flaw: SignatureKind | undefined): string {
  if (flaw === "sigtest") return PROBE + signature.slice(PROBE.length);
  if (flaw === "sigtest_undecodable") return PROBE + signature.replace(/=+$/, "");
  return signature;
}
