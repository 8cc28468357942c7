/** Text from Alipay, which is UTF-8 when asked for, and GBK when something goes wrong on its side. */
import { decodeUtf8 } from "../../crypto/bytes.ts";

/** Names that Alipay gives its charsets. GB 18030 contains the two older ones. */
const CHARSETS: ReadonlyMap<string, string> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["gbk", "gb18030"],
  ["gb2312", "gb18030"],
  ["gb18030", "gb18030"],
]);

/** Decodes bytes in a charset by Alipay's name for it. Returns undefined for another charset or invalid bytes. */
export function decodeText(bytes: Uint8Array, charset: string): string | undefined {
  const label = CHARSETS.get(charset.toLowerCase());
  if (!label) return undefined;
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The charset of a reply, which does not say it: UTF-8 if it can be that, else GBK. */
export function detectCharset(bytes: Uint8Array): "utf-8" | "gbk" {
  return decodeUtf8(bytes) === undefined ? "gbk" : "utf-8";
}
