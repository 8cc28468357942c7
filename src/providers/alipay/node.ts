/** The node of a reply: the member that carries the answer, and that the signature covers (Alipay, "verifying"). */
import { openCbc } from "../../crypto/aes-cbc.ts";
import { type Bytes, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { parseJson } from "../json.ts";
import { type Envelope, parseMember } from "./envelope.ts";
import { isSignedByAny } from "./keys.ts";

/** Gives the keys that may have signed a message which names this certificate, or none. */
export type FindKeys = (sn: string | undefined) => Promise<readonly CryptoKey[]>;

/** The name of a method's node: `alipay.trade.query` answers in `alipay_trade_query_response`. */
export function nodeName(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

/**
 * The node's bytes in the form that the envelope's signature covers, or undefined. Alipay escapes slashes and signs
 * what it sends; some of its systems sign the text before escaping, which its own SDKs accept too.
 */
export async function verifiedNode(raw: Bytes, envelope: Envelope, findKeys: FindKeys): Promise<Bytes | undefined> {
  const sign = textMember(envelope, "sign");
  if (!sign) return undefined;
  const keys = await findKeys(textMember(envelope, "alipay_cert_sn"));
  if (await isSignedByAny(keys, raw, sign)) return raw;
  if (envelope.charset !== "utf-8") return undefined;
  const plain = utf8(new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw).replaceAll("\\/", "/"));
  return plain.length < raw.length && (await isSignedByAny(keys, plain, sign)) ? plain : undefined;
}

/**
 * What a node says. An encrypted one is a JSON string: its signature covers the quotes too, so it is verified before
 * it gets here. Undefined when it can't be decrypted, or is no JSON.
 */
export async function openNode(
  node: Bytes,
  charset: Envelope["charset"],
  encryptKey: (() => Promise<CryptoKey>) | undefined,
): Promise<unknown> {
  const value = parseMember(node, charset);
  if (typeof value !== "string") return value;
  return encryptKey && parseJson(await openCbc(await encryptKey(), value));
}

function textMember(envelope: Envelope, name: string): string | undefined {
  const member = envelope.members.get(name);
  const value = member && parseMember(member, envelope.charset);
  return typeof value === "string" && value !== "" ? value : undefined;
}
