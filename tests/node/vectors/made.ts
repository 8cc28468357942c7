/** A vector, and the key pair that the vectors of these tests are made with, by Node's own cryptography. */
import { createSign, generateKeyPairSync } from "node:crypto";

type Members = Readonly<Record<string, unknown>>;

export interface MadeVector {
  readonly kind: string;
  readonly what: string;
  readonly inputs: Members;
  readonly expected: Members;
}

export function vector(kind: string, what: string, inputs: Members, expected: Members): MadeVector {
  return { kind, what, inputs, expected };
}

export const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" });
export const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });

export function sign(message: string | Buffer, key = privateKey): string {
  return createSign("RSA-SHA256").update(message).sign(key, "base64");
}

/** Lines as WeChat Pay signs them. */
export function lines(...parts: readonly string[]): string {
  return parts.map((part) => `${part}\n`).join("");
}
