/** RSAES-OAEP with SHA-1 and an empty label (RFC 8017), for WeChat Pay's encrypted fields. */
import { type Bytes, decodeBase64, decodeUtf8, encodeBase64, utf8 } from "./bytes.ts";
import type { CryptoKey } from "./key.ts";
import { decodePem, KeyFormatError } from "./pem.ts";
import { importRsaPrivate, importRsaPublic } from "./rsa.ts";

const OAEP = { name: "RSA-OAEP", hash: "SHA-1" } as const;

/** Two hashes of 20 bytes and two single bytes, which every message gives up. */
const OVERHEAD_BYTES = 42;

/** Text that has more bytes than the key can encrypt. Whoever knows the text's name should tell the caller. */
export class PlaintextTooLongError extends Error {
  override readonly name = "PlaintextTooLongError";
  readonly code = "PLAINTEXT_TOO_LONG";
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number) {
    super(`the text has more than the ${limit} bytes that can be encrypted`);
    this.limit = limit;
  }
}

/** Imports an RSA private key, PKCS#8 or PKCS#1, for decrypting. Throws KeyFormatError as importPrivateKey does. */
export function importDecryptionKey(text: string, label: string): Promise<CryptoKey> {
  return importRsaPrivate(text, label, OAEP, "decrypt");
}

/** Imports an RSA public key (SPKI) for encrypting. Throws KeyFormatError as importPublicKey does. */
export async function importEncryptionKey(text: string, label: string): Promise<CryptoKey> {
  return importEncryptionSpki(decodePem(text, label), label);
}

/** The same for an SPKI as DER. */
export function importEncryptionSpki(spki: Bytes, label: string): Promise<CryptoKey> {
  return importRsaPublic(spki, label, OAEP, "encrypt");
}

/**
 * Encrypts text. Returns base64, different each time.
 * @throws PlaintextTooLongError for more than 214 bytes under a key of 2048 bits
 */
export async function encryptOaep(key: CryptoKey, text: string): Promise<string> {
  const bytes = utf8(text);
  const limit = modulusBytes(key) - OVERHEAD_BYTES;
  if (bytes.length > limit) throw new PlaintextTooLongError(limit);
  return encodeBase64(new Uint8Array(await crypto.subtle.encrypt(OAEP, key, bytes)));
}

/** Decrypts base64 to text. Returns undefined when it was not encrypted for this key, or not text. */
export async function decryptOaep(key: CryptoKey, ciphertext: string): Promise<string | undefined> {
  const bytes = decodeBase64(ciphertext);
  if (!bytes) return undefined;
  try {
    return decodeUtf8(new Uint8Array(await crypto.subtle.decrypt(OAEP, key, bytes)));
  } catch {
    return undefined;
  }
}

function modulusBytes(key: CryptoKey): number {
  if (!("modulusLength" in key.algorithm)) throw new KeyFormatError("key", "is not an RSA key");
  return Number(key.algorithm.modulusLength) / 8;
}
