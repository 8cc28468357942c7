/** WeChat Pay's platform certificates, as `GET /v3/certificates` lists them. */
import * as z from "zod";
import { decodeUtf8 } from "../../crypto/bytes.ts";
import { importCertificateKey, readCertificate } from "../../crypto/certificate.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import { readJson } from "../json.ts";
import { openResource, sealedResource } from "./resource.ts";

export const CERTIFICATES_PATH = "/v3/certificates";

/** A key that WeChat Pay signs with, and until when (milliseconds since the epoch). */
export interface PlatformKey {
  readonly serial: string;
  readonly key: CryptoKey;
  readonly validUntil: number;
}

const certificateList = z.object({
  data: z.array(z.object({ serial_no: z.string(), encrypt_certificate: sealedResource })),
});

/**
 * Reads the body of a certificate list. Decrypting authenticates each certificate under the APIv3 key; one that
 * does not decrypt, is no RSA certificate or has another serial than the list says makes the whole list void.
 * Merchants with a public key only get an empty list.
 */
export async function readPlatformKeys(
  body: Uint8Array,
  apiV3Key: CryptoKey,
): Promise<readonly PlatformKey[] | undefined> {
  const list = readJson(body, certificateList);
  if (!list) return undefined;
  const keys: PlatformKey[] = [];
  for (const entry of list.data) {
    const pem = await openResource(entry.encrypt_certificate, apiV3Key);
    const key = pem && (await readPlatformKey(decodeUtf8(pem) ?? "", entry.serial_no));
    if (!key) return undefined;
    keys.push(key);
  }
  return keys;
}

async function readPlatformKey(pem: string, serial: string): Promise<PlatformKey | undefined> {
  try {
    const certificate = readCertificate(pem, "platform certificate");
    if (certificate.serial !== serial.toUpperCase()) return undefined;
    const key = await importCertificateKey(certificate, "platform certificate");
    return { serial: certificate.serial, key, validUntil: certificate.notAfter.getTime() };
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}
