/** RSASSA-PKCS1-v1_5 with SHA-256, the one signature that both WeChat Pay V3 and Alipay RSA2 use. */
import { type Bytes, decodeBase64, encodeBase64 } from "./bytes.ts";
import { DER_TAG, encodeDer, readSequence } from "./der.ts";
import type { CryptoKey } from "./key.ts";
import { decodePem, KeyFormatError } from "./pem.ts";

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const MINIMUM_BITS = 2048;

/** AlgorithmIdentifier { rsaEncryption, NULL }. */
const RSA_ENCRYPTION = Uint8Array.of(0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0);

/**
 * Imports an RSA private key, PKCS#8 or PKCS#1, for signing.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is something else, or shorter than 2048 bits
 */
export async function importPrivateKey(text: string, label: string): Promise<CryptoKey> {
  const pkcs8 = toPkcs8(decodePem(text, label), label);
  return longEnough(
    await importDer("pkcs8", pkcs8, "sign", new KeyFormatError(label, "is not an RSA private key")),
    label,
  );
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
export async function importSpki(spki: Bytes, label: string): Promise<CryptoKey> {
  const elements = readSequence(spki);
  if (elements?.[0]?.tag === DER_TAG.integer) throw new KeyFormatError(label, "is a private key, not a public one");
  if (elements?.length === 3) throw new KeyFormatError(label, "is a certificate, not a public key");
  return longEnough(
    await importDer("spki", spki, "verify", new KeyFormatError(label, "is not an RSA public key (SPKI)")),
    label,
  );
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
  return encodeBase64(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, message)));
}

/** Whether `signature` (base64) is the key's signature of the message. A malformed signature is simply false. */
export async function verifySha256(key: CryptoKey, message: Bytes, signature: string): Promise<boolean> {
  const bytes = decodeBase64(signature);
  if (!bytes) return false;
  return crypto.subtle.verify(ALGORITHM, key, bytes, message);
}

async function importDer(format: "pkcs8" | "spki", der: Bytes, usage: "sign" | "verify", otherwise: KeyFormatError) {
  try {
    return await crypto.subtle.importKey(format, der, ALGORITHM, false, [usage]);
  } catch {
    throw otherwise;
  }
}

function longEnough(key: CryptoKey, label: string): CryptoKey {
  const bits = "modulusLength" in key.algorithm ? Number(key.algorithm.modulusLength) : 0;
  if (bits < MINIMUM_BITS) throw new KeyFormatError(label, `has ${bits} bits, at least ${MINIMUM_BITS} are needed`);
  return key;
}
