/**
 * Refund notices of the V2 protocol (WeChat Pay V3, "XML trap"): sent for refunds that were made by hand, or whose
 * request named no address. They are encrypted under the V2 key and not signed: whoever could swap blocks of the
 * ciphertext could change what they say, so they only ever make us ask.
 */
import { ecb } from "@noble/ciphers/aes.js";
import { md5 } from "@noble/hashes/legacy.js";
import { decodeBase64, decodeUtf8, encodeHex, utf8 } from "../../crypto/bytes.ts";
import type { CallbackVerdict } from "../callback.ts";
import type { WechatPayConfig } from "./config.ts";
import { readFlatXml } from "./flat-xml.ts";
import { accept, refuse } from "./verdicts.ts";

/** A byte order mark, or white space of XML. */
const BEFORE_TAGS: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0x09, 0x0a, 0x0d, 0x20]);
const TAG_START = 0x3c;

/** Whether a body is XML. No JSON text begins like it. */
export function isXml(body: Uint8Array): boolean {
  return body.find((byte) => !BEFORE_TAGS.has(byte)) === TAG_START;
}

/** Reads a V2 refund notice. Without the V2 key nothing tells it from a forged one. */
export function readV2Notice(body: Uint8Array, owner: Pick<WechatPayConfig, "mchId" | "v2Key">): CallbackVerdict {
  if (owner.v2Key === undefined) return refuse("undecryptable", "a V2 notice, and there is no V2 key");
  const notice = readFlatXml(decodeUtf8(body) ?? "", "xml");
  const sealed = notice?.get("req_info");
  if (notice?.get("return_code") !== "SUCCESS" || !sealed) return refuse("malformed", "the XML is no refund notice");
  if (notice.get("mch_id") !== owner.mchId) return refuse("foreign_merchant", "mch_id is another merchant's");
  const plaintext = decrypt(sealed, owner.v2Key);
  if (plaintext === undefined) return refuse("undecryptable", "req_info does not decrypt with the V2 key");
  const refund = readFlatXml(plaintext, "root");
  return refund ? hint(refund) : refuse("malformed", "the plaintext of req_info is no refund");
}

/** AES-256 in ECB mode; the key is the MD5 of the V2 key, in the text of lower-case hex. */
function decrypt(sealed: string, v2Key: string): string | undefined {
  const ciphertext = decodeBase64(sealed.replaceAll(/\s/g, ""));
  if (!ciphertext) return undefined;
  try {
    return decodeUtf8(ecb(utf8(encodeHex(md5(utf8(v2Key))))).decrypt(ciphertext));
  } catch {
    return undefined;
  }
}

const TRADE_NUMBER = /^[0-9A-Za-z_|*@-]{1,64}$/;
const REFUND_ID = /^[0-9A-Za-z]{1,40}$/;
const STATUS = /^[A-Z_]{1,32}$/;

/** The refund to ask about. Its numbers go on into questions and records, so they must look like numbers. */
function hint(refund: ReadonlyMap<string, string>): CallbackVerdict {
  const outTradeNo = refund.get("out_trade_no") ?? "";
  const outRefundNo = refund.get("out_refund_no") ?? "";
  const refundId = refund.get("refund_id") ?? "";
  const status = refund.get("refund_status") ?? "";
  if (!TRADE_NUMBER.test(outTradeNo)) return refuse("malformed", "out_trade_no is missing or no number");
  if (!TRADE_NUMBER.test(outRefundNo)) return refuse("malformed", "out_refund_no is missing or no number");
  if (!REFUND_ID.test(refundId) || !STATUS.test(status)) {
    return refuse("malformed", "refund_id or refund_status is missing or has other characters");
  }
  const notifyId = `v2-${refundId}-${status}`;
  return accept({ kind: "refund_hint", notifyId, event: `V2.REFUND.${status}`, outTradeNo, outRefundNo });
}
