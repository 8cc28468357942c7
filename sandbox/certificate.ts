/** A self-signed X.509 v3 certificate, as WeChat Pay hands out for its platform key (RFC 5280). */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import * as der from "./der.ts";

const SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const COUNTRY = "2.5.4.6";
const ORGANIZATION = "2.5.4.10";
const COMMON_NAME = "2.5.4.3";

interface CertificateDraft {
  readonly privateKey: KeyObject;
  /** 20 bytes, the first below 0x80, so that the serial prints as 40 hex digits. */
  readonly serial: Buffer;
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Builds and signs the certificate with its own key. Returns PEM. */
export function selfSignedCertificate(draft: CertificateDraft): string {
  const body = unsignedCertificate(draft);
  const signature = sign("sha256", body, draft.privateKey);
  return pem(der.sequence(body, algorithm(), der.bitString(signature)));
}

function unsignedCertificate(draft: CertificateDraft): Buffer {
  const subject = name(draft.commonName);
  const version3 = der.element(0xa0, der.integer(Buffer.from([2])));
  const publicKey = createPublicKey(draft.privateKey).export({ type: "spki", format: "der" });
  return der.sequence(
    version3,
    der.integer(draft.serial),
    algorithm(),
    subject,
    der.sequence(der.utcTime(draft.notBefore), der.utcTime(draft.notAfter)),
    subject,
    publicKey,
  );
}

function name(commonName: string): Buffer {
  return der.sequence(
    attribute(COUNTRY, der.printable("CN")),
    attribute(ORGANIZATION, der.utf8("Simulated WeChat Pay")),
    attribute(COMMON_NAME, der.utf8(commonName)),
  );
}

function attribute(type: string, value: Buffer): Buffer {
  return der.set(der.sequence(der.objectIdentifier(type), value));
}

function algorithm(): Buffer {
  return der.sequence(der.objectIdentifier(SHA256_WITH_RSA), der.nothing());
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
