/** RSASSA-PKCS1-v1_5 with SHA-256, the one signature that both WeChat Pay V3 and Alipay RSA2 use. */
import { type Bytes, decodeBase64, encodeBase64 } from "./bytes.ts";
import { DER_TAG, encodeDer, readSequence } from "./der.ts";
import type { CryptoKey } from "./key.ts";
import { decodePem, KeyFormatError } from "./pem.ts";

const SIGNATURE = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const MINIMUM_BITS = 2048;

/** AlgorithmIdentifier { rsaEncryption, NULL }. */
export const RSA_ENCRYPTION = Uint8Array.of(0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0);

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
 * Imports an RSA public key (SPKI) for verifying.
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

/** Wraps a PKCS#1 private key as PKCS#8; PKCS#8 passes through. Throws KeyFormatError for anything else. */
export function toPkcs8(der: Bytes, label: string): Bytes {
  const second = readSequence(der)?.[1];
  if (second?.tag === DER_TAG.sequence) return der;
  if (second?.tag !== DER_TAG.integer) throw new KeyFormatError(label, "is not an RSA private key");
  const version = encodeDer(DER_TAG.integer, Uint8Array.of(0));
  return encodeDer(DER_TAG.sequence, version, RSA_ENCRYPTION, encodeDer(DER_TAG.octetString, der));
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
  const otherwise = new KeyFormatError(label, "is not an RSA private key");
  return longEnough(await orElse(crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, [usage]), otherwise), label);
}

/** Imports the SPKI of an RSA public key for one use. Throws KeyFormatError as importPublicKey does. */
export async function importRsaPublic(
  spki: Bytes,
  label: string,
  algorithm: RsaAlgorithm,
  usage: "verify" | "encrypt",
): Promise<CryptoKey> {
  const der = requireSpki(spki, label);
  return longEnough(
    await orElse(crypto.subtle.importKey("spki", der, algorithm, false, [usage]), noSpki(label)),
    label,
  );
}

/** Gives back what looks like an SPKI. Throws a KeyFormatError that says what else it is. */
export function requireSpki(der: Bytes, label: string): Bytes {
  const [first, second, ...rest] = readSequence(der) ?? [];
  if (first?.tag === DER_TAG.integer) throw new KeyFormatError(label, "is a private key, not a public one");
  if (first && second && rest.length === 1) throw new KeyFormatError(label, "is a certificate, not a public key");
  if (first?.tag !== DER_TAG.sequence || second?.tag !== DER_TAG.bitString) throw noSpki(label);
  return der;
}

function noSpki(label: string): KeyFormatError {
  return new KeyFormatError(label, "is not an RSA public key (SPKI)");
}

async function orElse(imported: Promise<CryptoKey>, otherwise: KeyFormatError): Promise<CryptoKey> {
  try {
    return await imported;
  } catch {
    throw otherwise;
  }
}

function longEnough(key: CryptoKey, label: string): CryptoKey {
  const bits = "modulusLength" in key.algorithm ? Number(key.algorithm.modulusLength) : 0;
  if (bits < MINIMUM_BITS) throw new KeyFormatError(label, `has ${bits} bits, at least ${MINIMUM_BITS} are needed`);
  return key;
}
