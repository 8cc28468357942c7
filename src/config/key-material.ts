/** Key material compared across variables. What is missing or unreadable is undefined: it is reported by itself. */
import { encodeHex } from "../crypto/bytes.ts";
import { readCertificate } from "../crypto/certificate.ts";
import { decodePem, KeyFormatError } from "../crypto/pem.ts";
import { spkiOfPrivateKey } from "../crypto/private-key.ts";
import { toSpki } from "../crypto/public-key.ts";

/** What a reader makes of a text. */
export function read<T>(text: string | undefined, reader: (text: string, label: string) => T): T | undefined {
  try {
    return text === undefined ? undefined : reader(text, "");
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}

/** Whether two values are the same, as far as both are known. */
export function maybeSame(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/** The public key (SPKI, as hex) inside of a private key. */
export function privateKeyHex(pem: string, label: string): string {
  return encodeHex(spkiOfPrivateKey(decodePem(pem, label), label));
}

/** The public key (SPKI, as hex) that a certificate, the first in the text, is about. */
export function certificateKeyHex(pem: string, label: string): string {
  return encodeHex(readCertificate(pem, label).spki);
}

/** A public key (SPKI) as hex. */
export function publicKeyHex(pem: string, label: string): string {
  return encodeHex(toSpki(decodePem(pem, label), label));
}
