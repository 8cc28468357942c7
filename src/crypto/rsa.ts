/** RSASSA-PKCS1-v1_5 with SHA-256, the one signature that both WeChat Pay V3 and Alipay RSA2 use. */
import { type Bytes, decodeBase64, encodeBase64 } from "./bytes.ts";
import type { CryptoKey } from "./key.ts";
import { decodePem, KeyFormatError } from "./pem.ts";
import { spkiOfPrivateKey, toPkcs8 } from "./private-key.ts";
import { notRsa, requireLength, toSpki } from "./public-key.ts";

const SIGNATURE = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/** What an RSA key is imported for. */
interface RsaAlgorithm {
  readonly name: string;
  readonly hash: string;
}

/**
 * Imports an RSA private key, PKCS#8 or PKCS#1, for signing.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is something else, or shorter than 2048 bits
 */
export function importPrivateKey(text: string, label: string): Promise<CryptoKey> {
  return importRsaPrivate(text, label, SIGNATURE, "sign");
}

/**
 * Imports an RSA public key, SPKI or PKCS#1, for verifying.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is something else, or shorter than 2048 bits
 */
export async function importPublicKey(text: string, label: string): Promise<CryptoKey> {
  return importSpki(decodePem(text, label), label);
}

/** Imports the SPKI of an RSA public key as DER. Throws KeyFormatError as importPublicKey does. */
export function importSpki(spki: Bytes, label: string): Promise<CryptoKey> {
  return importRsaPublic(spki, label, SIGNATURE, "verify");
}

/** Signs a message. Returns the signature as base64. */
export async function signSha256(key: CryptoKey, message: Bytes): Promise<string> {
  return encodeBase64(new Uint8Array(await crypto.subtle.sign(SIGNATURE, key, message)));
}

/** Whether `signature` (base64) is the key's signature of the message. A malformed signature is simply false. */
export async function verifySha256(key: CryptoKey, message: Bytes, signature: string): Promise<boolean> {
  const bytes = decodeBase64(signature);
  return bytes !== undefined && crypto.subtle.verify(SIGNATURE, key, bytes, message);
}

/** Imports an RSA private key for one use. Throws KeyFormatError as importPrivateKey does. */
export async function importRsaPrivate(
  text: string,
  label: string,
  algorithm: RsaAlgorithm,
  usage: "sign" | "decrypt",
): Promise<CryptoKey> {
  const pkcs8 = toPkcs8(decodePem(text, label), label);
  requireLength(spkiOfPrivateKey(pkcs8, label), label);
  const otherwise = new KeyFormatError(label, "is not an RSA private key");
  return orElse(crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, [usage]), otherwise);
}

/** Imports an RSA public key, SPKI or PKCS#1, for one use. Throws KeyFormatError as importPublicKey does. */
export async function importRsaPublic(
  publicKey: Bytes,
  label: string,
  algorithm: RsaAlgorithm,
  usage: "verify" | "encrypt",
): Promise<CryptoKey> {
  const spki = requireLength(toSpki(publicKey, label), label);
  return orElse(crypto.subtle.importKey("spki", spki, algorithm, false, [usage]), notRsa(label));
}

async function orElse(imported: Promise<CryptoKey>, otherwise: KeyFormatError): Promise<CryptoKey> {
  try {
    return await imported;
  } catch {
    throw otherwise;
  }
}
