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

const ARMOR = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/**
 * Decodes the first PEM block in `text`, or bare base64, to DER.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when the text is empty, its armour is broken or it is not base64
 */
export function decodePem(text: string, label: string): Bytes {
  return decodePems(text, label)[0];
}

/** Decodes all PEM blocks in `text`, found by their BEGIN and END lines, or bare base64. Throws as decodePem does. */
export function decodePems(text: string, label: string): readonly [Bytes, ...Bytes[]] {
  const lines = text.replaceAll("\\r", "").replaceAll("\\n", "\n");
  const [first, ...others] = [...lines.matchAll(ARMOR)].map((block) => block[2] ?? "");
  if (first === undefined && lines.includes("-----")) {
    throw new KeyFormatError(label, "its BEGIN and END lines do not match");
  }
  return [decodeBlock(first ?? lines, label), ...others.map((block) => decodeBlock(block, label))];
}

function decodeBlock(block: string, label: string): Bytes {
  const base64 = block.replaceAll(/\s/g, "");
  if (base64 === "") throw new KeyFormatError(label, "is empty");
  const der = decodeBase64(base64.padEnd(Math.ceil(base64.length / 4) * 4, "="));
  if (!der) throw new KeyFormatError(label, "is neither PEM nor base64; was a part of it cut off?");
  return der;
}
