/** RSA private keys as DER, PKCS#1 and PKCS#8 (RFC 8017, RFC 5208), and the public key inside of them. */
import { type Bytes, encodeHex } from "./bytes.ts";
import { DER_TAG, encodeDer, readDer, readSequence } from "./der.ts";
import { KeyFormatError } from "./pem.ts";
import { RSA_ENCRYPTION, wrapSpki } from "./public-key.ts";

const RSA_OID = "2a864886f70d010101";
/** Version, modulus, two exponents, two primes and what follows from them. */
const LEAST_NUMBERS = 9;

/**
 * The SubjectPublicKeyInfo, as DER, that belongs to an RSA private key, PKCS#8 or PKCS#1.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is something else
 */
export function spkiOfPrivateKey(der: Bytes, label: string): Bytes {
  const [, algorithm, wrapped] = readSequence(toPkcs8(der, label)) ?? [];
  const name = algorithm && readDer(algorithm.content)?.[0];
  const isRsa = name !== undefined && encodeHex(name.content) === RSA_OID;
  const numbers = isRsa && wrapped?.tag === DER_TAG.octetString ? readSequence(wrapped.content) : undefined;
  const [, modulus, exponent] = numbers?.filter(({ tag }) => tag === DER_TAG.integer) ?? [];
  if (!numbers || numbers.length < LEAST_NUMBERS || !modulus || !exponent) {
    throw new KeyFormatError(label, "is not an RSA private key");
  }
  const publicKey = encodeDer(DER_TAG.sequence, modulus.raw, exponent.raw);
  return wrapSpki(publicKey);
}

/** Wraps a PKCS#1 private key as PKCS#8; PKCS#8 passes through. Throws KeyFormatError for anything else. */
export function toPkcs8(der: Bytes, label: string): Bytes {
  const second = readSequence(der)?.[1];
  if (second?.tag === DER_TAG.sequence) return der;
  if (second?.tag !== DER_TAG.integer) throw new KeyFormatError(label, "is not an RSA private key");
  const version = encodeDer(DER_TAG.integer, Uint8Array.of(0));
  return encodeDer(DER_TAG.sequence, version, RSA_ENCRYPTION, encodeDer(DER_TAG.octetString, der));
}
