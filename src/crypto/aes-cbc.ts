/** AES-128-CBC with PKCS#7 padding and an IV of zeros, as Alipay encrypts content. It authenticates nothing. */
import { decodeBase64, decodeUtf8, encodeBase64, utf8 } from "./bytes.ts";
import type { CryptoKey } from "./key.ts";
import { KeyFormatError } from "./pem.ts";

const CBC = { name: "AES-CBC", iv: new Uint8Array(16) } as const;
const KEY_BYTES = 16;

/**
 * Decodes a key of 16 bytes from base64.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is something else
 */
export function readCbcKey(text: string, label: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(text.trim());
  if (!bytes) throw new KeyFormatError(label, "is not base64");
  if (bytes.length !== KEY_BYTES) throw new KeyFormatError(label, `has ${bytes.length} bytes, not ${KEY_BYTES}`);
  return bytes;
}

/** Imports a key. Throws KeyFormatError as readCbcKey does. */
export async function importCbcKey(text: string, label: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", readCbcKey(text, label), "AES-CBC", false, ["encrypt", "decrypt"]);
}

/** Encrypts text. Returns base64, the same each time. */
export async function sealCbc(key: CryptoKey, text: string): Promise<string> {
  return encodeBase64(new Uint8Array(await crypto.subtle.encrypt(CBC, key, utf8(text))));
}

/**
 * Decrypts base64 to text; undefined when it can't be. Call it only for what a signature covers: what comes out
 * says nothing about where it came from.
 */
export async function openCbc(key: CryptoKey, ciphertext: string): Promise<string | undefined> {
  const bytes = decodeBase64(ciphertext);
  if (!bytes) return undefined;
  try {
    return decodeUtf8(new Uint8Array(await crypto.subtle.decrypt(CBC, key, bytes)));
  } catch {
    return undefined;
  }
}
