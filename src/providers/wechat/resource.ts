/** Encrypted parts of callbacks and of the certificate list: AEAD_AES_256_GCM under the APIv3 key. */
import * as z from "zod";
import { openSealed } from "../../crypto/aead.ts";
import { type Bytes, decodeBase64, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";

/** How resources are encrypted. */
export const RESOURCE_ALGORITHM = "AEAD_AES_256_GCM";

export const sealedResource = z.object({
  algorithm: z.string(),
  ciphertext: z.string(),
  nonce: z.string(),
  associated_data: z.string().nullish(),
});

/** Decrypts a resource. Returns undefined when the algorithm is another one or the authentication tag does not fit. */
export async function openResource(
  resource: z.output<typeof sealedResource>,
  key: CryptoKey,
): Promise<Bytes | undefined> {
  const ciphertext = decodeBase64(resource.ciphertext);
  if (resource.algorithm !== RESOURCE_ALGORITHM || !ciphertext) return undefined;
  const associatedData = utf8(resource.associated_data ?? "");
  return openSealed(key, { nonce: utf8(resource.nonce), associatedData, ciphertext });
}
