/** The simulator's cryptography, on node:crypto alone: RSA signatures, AES-256-GCM, random texts. */
import { createCipheriv, type KeyObject, randomBytes, randomInt, sign, verify } from "node:crypto";

/** RSASSA-PKCS1-v1_5 over SHA-256, base64 without line breaks. */
export function signText(privateKey: KeyObject, message: string | Buffer): string {
  return sign("sha256", Buffer.from(message), privateKey).toString("base64");
}

/** Whether a base64 signature fits. Text that is no base64 does not. */
export function signatureFits(publicKey: KeyObject, message: string | Buffer, signature: string): boolean {
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(signature)) return false;
  return verify("sha256", Buffer.from(message), publicKey, Buffer.from(signature, "base64"));
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
