/** RSA public keys as DER: SubjectPublicKeyInfo (RFC 5280) and PKCS#1 (RFC 8017). */
import type { Bytes } from "./bytes.ts";
import { DER_TAG, encodeDer, readSequence } from "./der.ts";
import { KeyFormatError } from "./pem.ts";

/** Shorter keys are refused. */
const LEAST_BITS = 2048;

/** AlgorithmIdentifier { rsaEncryption, NULL }. */
export const RSA_ENCRYPTION = Uint8Array.of(0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0);

/** Puts a PKCS#1 public key into an SPKI. */
export function wrapSpki(pkcs1: Bytes): Bytes {
  return encodeDer(DER_TAG.sequence, RSA_ENCRYPTION, encodeDer(DER_TAG.bitString, Uint8Array.of(0), pkcs1));
}

/** Wraps a PKCS#1 public key as SPKI; SPKI passes through. Throws a KeyFormatError that says what else it is. */
export function toSpki(der: Bytes, label: string): Bytes {
  const [first, second, ...rest] = readSequence(der) ?? [];
  if (first?.tag === DER_TAG.integer && second?.tag === DER_TAG.integer && rest.length === 0) return wrapSpki(der);
  if (first?.tag === DER_TAG.integer) throw new KeyFormatError(label, "is a private key, not a public one");
  if (first && second && rest.length === 1) throw new KeyFormatError(label, "is a certificate, not a public key");
  if (first?.tag !== DER_TAG.sequence || second?.tag !== DER_TAG.bitString) throw notRsa(label);
  return der;
}

/** The length of the RSA key in an SPKI, in bits. Throws KeyFormatError when it holds none. */
export function rsaBits(spki: Bytes, label: string): number {
  const bits = readSequence(spki)?.[1];
  const [modulus, exponent] = (bits && readSequence(bits.content.slice(1))) ?? [];
  if (modulus?.tag !== DER_TAG.integer || exponent?.tag !== DER_TAG.integer) throw notRsa(label);
  const start = modulus.content.findIndex((byte) => byte !== 0);
  if (start < 0) throw notRsa(label);
  const unused = Math.clz32(modulus.content[start] ?? 0) - 24;
  return (modulus.content.length - start) * 8 - unused;
}

/** Gives back an SPKI whose RSA key is long enough. Throws KeyFormatError. */
export function requireLength(spki: Bytes, label: string): Bytes {
  const bits = rsaBits(spki, label);
  if (bits < LEAST_BITS) throw new KeyFormatError(label, `has ${bits} bits, at least ${LEAST_BITS} are needed`);
  return spki;
}

/** The error for what is no public key of this kind. */
export function notRsa(label: string): KeyFormatError {
  return new KeyFormatError(label, "is not an RSA public key");
}
