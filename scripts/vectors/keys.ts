/** Keys of vectors. All are called "key" in errors. */
import { importAeadKey } from "../../src/crypto/aead.ts";
import { type Bytes, utf8 } from "../../src/crypto/bytes.ts";
import { readCertificate } from "../../src/crypto/certificate.ts";
import type { CryptoKey } from "../../src/crypto/key.ts";
import { importDecryptionKey } from "../../src/crypto/oaep.ts";
import { decodePem } from "../../src/crypto/pem.ts";
import { spkiOfPrivateKey, toPkcs8 } from "../../src/crypto/private-key.ts";
import { rsaBits, toSpki } from "../../src/crypto/public-key.ts";
import { importPrivateKey, importSpki } from "../../src/crypto/rsa.ts";
import type { Inputs } from "./inputs.ts";

export const LABEL = "key";

/** The service takes RSA keys of 2048 bits and more only; published vectors have shorter ones too. */
const SERVICE_BITS = 2048;
const SIGNATURE = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-1" };

/** The key that signs. */
export async function signingKey(inputs: Inputs, name = "privateKeyPem"): Promise<CryptoKey> {
  const text = inputs.text(name);
  const short = shortKey(text);
  return short ? crypto.subtle.importKey("pkcs8", short, SIGNATURE, false, ["sign"]) : importPrivateKey(text, LABEL);
}

/** The key that opens what was encrypted by OAEP. */
export async function openingKey(inputs: Inputs): Promise<CryptoKey> {
  const text = inputs.text("privateKeyPem");
  const short = shortKey(text);
  return short ? crypto.subtle.importKey("pkcs8", short, OAEP, false, ["decrypt"]) : importDecryptionKey(text, LABEL);
}

/** The key that verifies: a public key, or a certificate's. */
export async function verifyingKey(inputs: Inputs, name = "publicKeyPem"): Promise<CryptoKey> {
  const spki = inputs.has("certificatePem")
    ? readCertificate(inputs.text("certificatePem"), LABEL).spki
    : toSpki(decodePem(inputs.text(name), LABEL), LABEL);
  if (!isShort(spki)) return importSpki(spki, LABEL);
  return crypto.subtle.importKey("spki", spki, SIGNATURE, false, ["verify"]);
}

/** AES also has these. The service takes keys of 32 bytes only; published vectors have shorter ones too. */
const SHORTER_KEY_BYTES: readonly number[] = [16, 24];

/** A key for decrypting. */
export async function decryptingKey(inputs: Inputs, name: string): Promise<CryptoKey> {
  const bytes = utf8(inputs.text(name));
  if (!SHORTER_KEY_BYTES.includes(bytes.length)) return importAeadKey(inputs.text(name), LABEL);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
}

/** A private key as PKCS#8, if it is one that the service finds too short. */
function shortKey(text: string): Bytes | undefined {
  const der = decodePem(text, LABEL);
  return isShort(spkiOfPrivateKey(der, LABEL)) ? toPkcs8(der, LABEL) : undefined;
}

function isShort(spki: Bytes): boolean {
  return rsaBits(spki, LABEL) < SERVICE_BITS;
}
