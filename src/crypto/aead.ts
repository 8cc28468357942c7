/** AEAD_AES_256_GCM (RFC 5116): 256-bit key, 128-bit tag behind the ciphertext. */
import type { Bytes } from "./bytes.ts";
import { utf8 } from "./bytes.ts";
import type { CryptoKey } from "./key.ts";
import { KeyFormatError } from "./pem.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** What is decrypted: the nonce and the associated data as bytes, the ciphertext with its tag at the end. */
export interface Sealed {
  readonly nonce: Bytes;
  readonly associatedData: Bytes;
  readonly ciphertext: Bytes;
}

/**
 * Imports a key of 32 ASCII characters, whose bytes are the key.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is not 32 bytes long
 */
export async function importAeadKey(text: string, label: string): Promise<CryptoKey> {
  const bytes = utf8(text);
  if (bytes.length !== KEY_BYTES) {
    throw new KeyFormatError(label, `must be ${KEY_BYTES} characters long, not ${bytes.length}`);
  }
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
}

/**
 * Imports a key of 32 bytes for both directions.
 * @throws KeyFormatError when it is not 32 bytes long
 */
export async function importSealingKey(bytes: Bytes, label: string): Promise<CryptoKey> {
  if (bytes.length !== KEY_BYTES) throw new KeyFormatError(label, `must be ${KEY_BYTES} bytes long`);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Encrypts and authenticates. A nonce must never be used twice with a key. Returns the ciphertext with its tag at the end. */
export async function sealBytes(
  key: CryptoKey,
  plain: Bytes,
  { nonce, associatedData }: Omit<Sealed, "ciphertext">,
): Promise<Bytes> {
  const parameters = { name: "AES-GCM", iv: nonce, additionalData: associatedData, tagLength: TAG_BYTES * 8 };
  return new Uint8Array(await crypto.subtle.encrypt(parameters, key, plain));
}

/** Decrypts and authenticates. Returns undefined when key, nonce, data or tag do not fit. */
export async function openSealed(key: CryptoKey, sealed: Sealed): Promise<Bytes | undefined> {
  if (sealed.nonce.length === 0 || sealed.ciphertext.length < TAG_BYTES) return undefined;
  const parameters = {
    name: "AES-GCM",
    iv: sealed.nonce,
    additionalData: sealed.associatedData,
    tagLength: TAG_BYTES * 8,
  };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed.ciphertext));
  } catch {
    return undefined;
  }
}
