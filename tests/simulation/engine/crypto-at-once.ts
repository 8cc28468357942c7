/** What the shop asks of WebCrypto most: digests, HMACs and RSA signatures, worked out without a thread. */
import { createHash, createHmac, KeyObject, sign, timingSafeEqual, verify } from "node:crypto";

/** Imported keys, as node:crypto takes them: the shop keeps its own. */
const keys = new WeakMap<CryptoKey, KeyObject>();

/** The result of a call to crypto.subtle; undefined for what is not among these. */
export function doneAtOnce(name: string, [first, second, third, fourth]: readonly unknown[]): unknown {
  if (name === "digest") return digest(nameOf(first), bytesOf(second));
  if (!(second instanceof CryptoKey)) return undefined;
  if (name === "sign") return signature(second, bytesOf(third));
  return name === "verify" ? fits(second, bytesOf(third), bytesOf(fourth)) : undefined;
}

function digest(algorithm: string | undefined, data: Uint8Array | undefined): ArrayBuffer | undefined {
  const hash = algorithm && HASHES[algorithm];
  return hash && data ? exactly(createHash(hash).update(data).digest()) : undefined;
}

function signature(key: CryptoKey, data: Uint8Array | undefined): ArrayBuffer | undefined {
  const hash = hashOf(key);
  if (!hash || !data) return undefined;
  if (isOf(key, "HMAC")) return exactly(createHmac(hash, objectOf(key)).update(data).digest());
  return isOf(key, "RSASSA-PKCS1-v1_5") ? exactly(sign(hash, data, objectOf(key))) : undefined;
}

function fits(key: CryptoKey, given: Uint8Array | undefined, data: Uint8Array | undefined): boolean | undefined {
  const hash = hashOf(key);
  if (!hash || !data || !given) return undefined;
  if (isOf(key, "RSASSA-PKCS1-v1_5")) return verify(hash, data, objectOf(key), given);
  if (!isOf(key, "HMAC")) return undefined;
  const right = createHmac(hash, objectOf(key)).update(data).digest();
  return right.length === given.length && timingSafeEqual(right, given);
}

const HASHES: Readonly<Record<string, string>> = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512" };

function hashOf({ algorithm }: CryptoKey): string | undefined {
  const hash = "hash" in algorithm ? nameOf(algorithm.hash) : undefined;
  return hash === undefined ? undefined : HASHES[hash];
}

function isOf({ algorithm }: CryptoKey, name: string): boolean {
  return algorithm.name === name;
}

function objectOf(key: CryptoKey): KeyObject {
  const object = keys.get(key) ?? KeyObject.from(key);
  keys.set(key, object);
  return object;
}

function nameOf(algorithm: unknown): string | undefined {
  if (typeof algorithm === "string") return algorithm;
  const isNamed = typeof algorithm === "object" && algorithm !== null && "name" in algorithm;
  return isNamed && typeof algorithm.name === "string" ? algorithm.name : undefined;
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

/** As WebCrypto answers: bytes of their own. */
function exactly(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
