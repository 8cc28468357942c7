/** Verifying replies and callbacks over their raw bytes (WeChat Pay V3, "signature verification"). */
import { concatBytes, decodeBase64, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { verifySha256 } from "../../crypto/rsa.ts";
import type { VerificationFailure } from "../callback.ts";

/** How far WeChat Pay's clock and ours may be apart, either way. */
const WINDOW_SECONDS = 300;
const SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048";

export type Verification =
  | { readonly verified: true }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/** A reply or callback as it came in. */
export interface SignedMessage {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Verifies a message's freshness and signature.
 * @param now milliseconds since the epoch
 * @param findKey gives the key that a `Wechatpay-Serial` names
 */
export async function verifyMessage(
  message: SignedMessage,
  now: number,
  findKey: (serial: string) => Promise<CryptoKey | undefined>,
): Promise<Verification> {
  const signed = readHeaders(message.headers);
  if (typeof signed === "string") return failed("missing_signature", `header ${signed} is missing`);
  if (signed.type !== SIGNATURE_TYPE) return failed("bad_signature", "the signature is of another type");
  if (!isFresh(signed.timestamp, now)) return failed("stale", "the timestamp is not within 300 seconds");
  // Some of WeChat Pay's probes are no base64: no key could verify them, so none is looked for.
  if (!decodeBase64(signed.signature)) return failed("bad_signature", "the signature is not base64");
  const key = await findKey(signed.serial);
  if (!key) return failed("unknown_serial", `no key has the serial ${signed.serial.slice(0, 64)}`);
  const text = concatBytes(utf8(`${signed.timestamp}\n${signed.nonce}\n`), message.body, utf8("\n"));
  if (await verifySha256(key, text, signed.signature)) return { verified: true };
  return failed("bad_signature", "the signature does not belong to these bytes");
}

interface SignatureHeaders {
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
  readonly serial: string;
  readonly type: string;
}

/** The signature's headers, or the name of the first that is missing. */
function readHeaders(headers: Headers): SignatureHeaders | string {
  const timestamp = headers.get("Wechatpay-Timestamp");
  if (!timestamp) return "Wechatpay-Timestamp";
  const nonce = headers.get("Wechatpay-Nonce");
  if (!nonce) return "Wechatpay-Nonce";
  const signature = headers.get("Wechatpay-Signature");
  if (!signature) return "Wechatpay-Signature";
  const serial = headers.get("Wechatpay-Serial");
  if (!serial) return "Wechatpay-Serial";
  return { timestamp, nonce, signature, serial, type: headers.get("Wechatpay-Signature-Type") ?? SIGNATURE_TYPE };
}

function isFresh(timestamp: string, now: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= WINDOW_SECONDS;
}

function failed(reason: VerificationFailure, detail: string): Verification {
  return { verified: false, reason, detail };
}
