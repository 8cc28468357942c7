/** The simulator's cryptography, on node:crypto alone: RSA signatures and encryption, AES-256, random texts. */
import {
  constants,
  createCipheriv,
  createHash,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  randomInt,
  sign,
  verify,
} from "node:crypto";

/** RSASSA-PKCS1-v1_5 over SHA-256, base64 without line breaks. */
export function signText(privateKey: KeyObject, message: string | Buffer): string {
  return sign("sha256", Buffer.from(message), privateKey).toString("base64");
}

/** Whether a base64 signature fits. Text that is no base64 does not. */
export function signatureFits(publicKey: KeyObject, message: string | Buffer, signature: string): boolean {
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(signature)) return false;
  return verify("sha256", Buffer.from(message), publicKey, Buffer.from(signature, "base64"));
}

const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };

/** RSAES-OAEP with SHA-1, base64. With 2048 bits `text` has at most 214 bytes. */
export function oaepEncrypt(publicKey: KeyObject, text: string): string {
  return publicEncrypt({ key: publicKey, ...OAEP }, Buffer.from(text, "utf8")).toString("base64");
}

/** The text behind oaepEncrypt, or undefined where it was encrypted otherwise or is no base64. */
export function oaepDecrypt(privateKey: KeyObject, ciphertext: string): string | undefined {
  if (!BASE64.test(ciphertext)) return undefined;
  try {
    const bytes = privateDecrypt({ key: privateKey, ...OAEP }, Buffer.from(ciphertext, "base64"));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** AES-256-ECB with PKCS#7 padding under the lower-case hex MD5 of a key text, base64: how V2 notices are sealed. */
export function sealV2(key: string, plaintext: string): string {
  const digest = createHash("md5").update(key, "utf8").digest("hex");
  const cipher = createCipheriv("aes-256-ecb", Buffer.from(digest, "ascii"), null);
  return Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]).toString("base64");
}

export interface Sealed {
  readonly nonce: string;
  readonly associatedData: string;
  readonly ciphertext: string;
}

/** AES-256-GCM with a text key of 32 bytes; the tag follows the ciphertext, both in base64. */
export function seal(key: string, associatedData: string, plaintext: string): Sealed {
  const nonce = randomText(12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "utf8"), Buffer.from(nonce, "utf8"));
  cipher.setAAD(Buffer.from(associatedData, "utf8"));
  const bytes = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { nonce, associatedData, ciphertext: bytes.toString("base64") };
}

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Unguessable letters and digits. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHANUMERIC.charAt(randomInt(ALPHANUMERIC.length))).join("");
}

export function randomDigits(length: number): string {
  return Array.from({ length }, () => String(randomInt(10))).join("");
}

/** A certificate serial: 20 bytes that print as 40 upper-case hex digits and need no sign byte. */
export function randomSerial(): string {
  const bytes = randomBytes(20);
  bytes[0] = 0x10 | (bytes.readUInt8(0) & 0x6f);
  return bytes.toString("hex").toUpperCase();
}
