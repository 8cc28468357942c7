/** Key material as people paste it into environment variables: PEM, PEM on one line with `\n`, or bare base64. */
import { type Bytes, decodeBase64 } from "./bytes.ts";

/**
 * Key material that can't be used. The message names the variable and what is wrong with it, never the material.
 */
export class KeyFormatError extends Error {
  override readonly name = "KeyFormatError";
  readonly code = "KEY_FORMAT";

  constructor(label: string, problem: string) {
    super(`${label}: ${problem}`);
  }
}

const ARMOR = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;

/**
 * Decodes the first PEM block in `text`, or bare base64, to DER.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when the text is empty, its armour is broken or it is not base64
 */
export function decodePem(text: string, label: string): Bytes {
  const lines = text.replaceAll("\\r", "").replaceAll("\\n", "\n");
  const block = ARMOR.exec(lines);
  if (!block && lines.includes("-----")) throw new KeyFormatError(label, "its BEGIN and END lines do not match");
  const base64 = (block?.[2] ?? lines).replaceAll(/\s/g, "");
  if (base64 === "") throw new KeyFormatError(label, "is empty");
  const der = decodeBase64(base64.padEnd(Math.ceil(base64.length / 4) * 4, "="));
  if (!der) throw new KeyFormatError(label, "is neither PEM nor base64; was a part of it cut off?");
  return der;
}
