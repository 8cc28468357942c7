/** WeChat Pay's platform certificates, as `GET /v3/certificates` lists them. */
import * as z from "zod";
import { decodeUtf8 } from "../../crypto/bytes.ts";
import { type Certificate, importCertificateKey, readCertificate } from "../../crypto/certificate.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importEncryptionSpki } from "../../crypto/oaep.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import { readJson } from "../json.ts";
import { openResource, RESOURCE_ALGORITHM, sealedResource } from "./resource.ts";

export const CERTIFICATES_PATH = "/v3/certificates";

const LABEL = "platform certificate";

/** A key that WeChat Pay signs with, and its certificate's validity (milliseconds since the epoch). */
export interface PlatformKey {
  readonly serial: string;
  /** Verifies signatures. */
  readonly key: CryptoKey;
  /** Encrypts fields for WeChat Pay. */
  readonly encryptionKey: () => Promise<CryptoKey>;
  readonly validFrom: number;
  readonly validUntil: number;
}

const certificateList = z.object({
  data: z.array(z.object({ serial_no: z.string(), encrypt_certificate: sealedResource })),
});

/**
 * Reads the body of a certificate list. Decrypting authenticates each certificate under the APIv3 key, so a list may
 * come from anywhere; one that does not decrypt, is no certificate or has another serial than the list says makes the
 * whole list void. One of another algorithm than ours is passed over: nothing that it signs would be taken. Validity is read from the certificate itself: the list's own times have been spelt in several
 * ways. Merchants with a public key only get an empty list.
 */
export async function readPlatformKeys(
  body: Uint8Array,
  apiV3Key: CryptoKey,
): Promise<readonly PlatformKey[] | undefined> {
  const list = readJson(body, certificateList);
  if (!list) return undefined;
  const keys: PlatformKey[] = [];
  for (const entry of list.data) {
    if (entry.encrypt_certificate.algorithm !== RESOURCE_ALGORITHM) continue;
    const pem = await openResource(entry.encrypt_certificate, apiV3Key);
    const certificate = pem && listedCertificate(decodeUtf8(pem) ?? "", entry.serial_no);
    if (!certificate) return undefined;
    const key = await platformKey(certificate);
    if (key) keys.push(key);
  }
  return keys;
}

/** Other things are encrypted under the same key: only text that is a certificate from its start on counts as one. */
const CERTIFICATE = /^\s*-----BEGIN CERTIFICATE-----/;

function listedCertificate(pem: string, serial: string): Certificate | undefined {
  if (!CERTIFICATE.test(pem)) return undefined;
  try {
    const certificate = readCertificate(pem, LABEL);
    return certificate.serial === serial.toUpperCase() ? certificate : undefined;
  } catch (error) {
    return noneFor(error);
  }
}

/** Undefined when the certificate's key is no RSA key that we take. */
async function platformKey(certificate: Certificate): Promise<PlatformKey | undefined> {
  try {
    return {
      serial: certificate.serial,
      key: await importCertificateKey(certificate, LABEL),
      encryptionKey: lazy(() => importEncryptionSpki(certificate.spki, LABEL)),
      validFrom: certificate.notBefore.getTime(),
      validUntil: certificate.notAfter.getTime(),
    };
  } catch (error) {
    return noneFor(error);
  }
}

/** What is no key gives none; any other error goes on. */
function noneFor(error: unknown): undefined {
  if (!(error instanceof KeyFormatError)) throw error;
}
