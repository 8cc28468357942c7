/** X.509 v3 certificates as WeChat Pay and Alipay hand them out (RFC 5280). */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import * as der from "./der.ts";

/** How a certificate is signed: its identifier, whether that carries a NULL, the hash. */
const ALGORITHMS = {
  sha256WithRSA: { identifier: "1.2.840.113549.1.1.11", parameters: true, hash: "sha256" },
  sha1WithRSA: { identifier: "1.2.840.113549.1.1.5", parameters: true, hash: "sha1" },
  ecdsaWithSha256: { identifier: "1.2.840.10045.4.3.2", parameters: false, hash: "sha256" },
  /** By name alone: nothing here can sign with SM2, and nobody verifies it. */
  sm2: { identifier: "1.2.156.10197.1.501", parameters: false, hash: "sha256" },
} as const;
export type Algorithm = keyof typeof ALGORITHMS;

const COUNTRY = "2.5.4.6";
const ORGANIZATION = "2.5.4.10";
const UNIT = "2.5.4.11";
const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";

export interface Name {
  readonly country: string;
  readonly organization: string;
  readonly unit?: string;
  readonly commonName: string;
}

interface CertificateDraft {
  readonly subject: Name;
  /** The subject's, or the private key that it belongs to. */
  readonly publicKey: KeyObject;
  readonly issuer: Name;
  /** The issuer's private key. */
  readonly signer: KeyObject;
  readonly algorithm: Algorithm;
  readonly isAuthority: boolean;
  /** At most 20 bytes, the first from 0x10 to 0x7f, so that the serial prints with all its digits. */
  readonly serial: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Builds and signs a certificate. Returns PEM. */
export function certificate(draft: CertificateDraft): string {
  const body = unsignedCertificate(draft);
  const signature = sign(ALGORITHMS[draft.algorithm].hash, body, draft.signer);
  return pem(der.sequence(body, algorithmIdentifier(draft.algorithm), der.bitString(signature)));
}

type SelfSigned = Pick<CertificateDraft, "serial" | "notBefore" | "notAfter"> & {
  readonly privateKey: KeyObject;
  readonly commonName: string;
};

/** A certificate of WeChat Pay's, signed with its own key. Returns PEM. */
export function selfSignedCertificate({ privateKey, commonName, ...rest }: SelfSigned): string {
  const subject = { country: "CN", organization: "Simulated WeChat Pay", commonName };
  const self = { subject, issuer: subject, publicKey: privateKey, signer: privateKey };
  return certificate({ ...rest, ...self, algorithm: "sha256WithRSA", isAuthority: false });
}

function unsignedCertificate(draft: CertificateDraft): Buffer {
  const version3 = der.element(0xa0, der.integer(Buffer.from([2])));
  const extensions = draft.isAuthority ? [der.element(0xa3, der.sequence(authorityExtension()))] : [];
  return der.sequence(
    version3,
    der.integer(draft.serial),
    algorithmIdentifier(draft.algorithm),
    name(draft.issuer),
    der.sequence(der.utcTime(draft.notBefore), der.utcTime(draft.notAfter)),
    name(draft.subject),
    publicKeyInfo(draft.publicKey),
    ...extensions,
  );
}

function publicKeyInfo(key: KeyObject): Buffer {
  const publicKey = key.type === "public" ? key : createPublicKey(key);
  return publicKey.export({ type: "spki", format: "der" });
}

function authorityExtension(): Buffer {
  const yes = der.element(0x01, Buffer.from([0xff]));
  return der.sequence(der.objectIdentifier(BASIC_CONSTRAINTS), yes, der.element(0x04, der.sequence(yes)));
}

function name({ country, organization, unit, commonName }: Name): Buffer {
  return der.sequence(
    attribute(COUNTRY, der.printable(country)),
    attribute(ORGANIZATION, der.utf8(organization)),
    ...(unit === undefined ? [] : [attribute(UNIT, der.utf8(unit))]),
    attribute(COMMON_NAME, der.utf8(commonName)),
  );
}

function attribute(type: string, value: Buffer): Buffer {
  return der.set(der.sequence(der.objectIdentifier(type), value));
}

function algorithmIdentifier(algorithm: Algorithm): Buffer {
  const { identifier, parameters } = ALGORITHMS[algorithm];
  return der.sequence(der.objectIdentifier(identifier), ...(parameters ? [der.nothing()] : []));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
