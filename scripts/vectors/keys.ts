/** Keys of vectors. All are called "key" in errors. */
import { importAeadKey } from "../../src/crypto/aead.ts";
import { utf8 } from "../../src/crypto/bytes.ts";
import { importCertificateKey, readCertificate } from "../../src/crypto/certificate.ts";
import type { CryptoKey } from "../../src/crypto/key.ts";
import { importPrivateKey, importPublicKey } from "../../src/crypto/rsa.ts";
import type { Inputs } from "./inputs.ts";

export const LABEL = "key";

/** The key that signs. */
export function signingKey(inputs: Inputs, name = "privateKeyPem"): Promise<CryptoKey> {
  return importPrivateKey(inputs.text(name), LABEL);
}

/** The key that verifies: a public key, or a certificate's. */
export function verifyingKey(inputs: Inputs): Promise<CryptoKey> {
  if (!inputs.has("certificatePem")) return importPublicKey(inputs.text("publicKeyPem"), LABEL);
  return importCertificateKey(readCertificate(inputs.text("certificatePem"), LABEL), LABEL);
}

/** AES also has these. The service takes keys of 32 bytes only; published vectors have shorter ones too. */
const SHORTER_KEY_BYTES: readonly number[] = [16, 24];

/** A key for decrypting. */
export async function decryptingKey(inputs: Inputs, name: string): Promise<CryptoKey> {
  const bytes = utf8(inputs.text(name));
  if (!SHORTER_KEY_BYTES.includes(bytes.length)) return importAeadKey(inputs.text(name), LABEL);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
}
