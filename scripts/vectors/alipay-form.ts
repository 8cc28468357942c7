/** Forms of Alipay's as vectors have them: decoded, or as they are posted. */
import { gbkBytes } from "../../sandbox/gbk.ts";
import { decodeUtf8, utf8 } from "../../src/crypto/bytes.ts";
import { decodeText } from "../../src/providers/alipay/charset.ts";
import { readPairs } from "../../src/providers/alipay/form.ts";

type Parameters = readonly (readonly [name: string, value: string])[];

/** The body that decoded parameters have come in, in the charset that they name. */
export function bodyOf(parameters: Parameters): Uint8Array {
  const isGbk = parameters.some(([name, value]) => name === "charset" && /^gb/i.test(value));
  const encoded = (text: string) => {
    return Array.from(isGbk ? gbkBytes(text) : utf8(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  };
  return utf8(parameters.map((pair) => pair.map(encoded).join("=")).join("&"));
}

/** The subject that a body names, whether or not anybody has signed it. */
export function subjectOf(body: string): string | undefined {
  const pairs = readPairs(utf8(body));
  const value = (wanted: string) => pairs.find((field) => field?.name === wanted)?.value;
  const [subject, charset] = [value("subject"), value("charset")];
  return subject && decodeText(subject, (charset && decodeUtf8(charset)) || "utf-8");
}
