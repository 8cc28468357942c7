/** What the providers' X.509 certificates (RFC 5280) are read for: serial number, names, validity, public key. */
import { type Bytes, decodeUtf8, encodeHex } from "./bytes.ts";
import { DER_TAG, type DerElement, readDer, readSequence } from "./der.ts";
import type { CryptoKey } from "./key.ts";
import { decodePem, decodePems, KeyFormatError } from "./pem.ts";
import { importSpki } from "./rsa.ts";

/** A certificate, taken apart. */
export interface Certificate {
  /** All of it, as DER. */
  readonly der: Bytes;
  /** Upper-case hex, leading zeros kept, as in `Wechatpay-Serial`. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo as DER. */
  readonly spki: Bytes;
  /** Names as DER. */
  readonly issuer: Bytes;
  readonly subject: Bytes;
  /** Whether it may issue others (`basicConstraints`). */
  readonly isAuthority: boolean;
  /** What its issuer has signed, by which algorithm (an OID, as hex), and the signature. */
  readonly signed: Bytes;
  readonly signatureOid: string;
  readonly signature: Bytes;
}

/**
 * Reads the first certificate in `text` (PEM or bare base64). Its chain is not checked.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when it is not a certificate
 */
export function readCertificate(text: string, label: string): Certificate {
  return orThrow(takeApart(decodePem(text, label)), label);
}

/** Reads all certificates in `text`, in their order. Throws KeyFormatError when one of them is none. */
export function readCertificates(text: string, label: string): readonly [Certificate, ...Certificate[]] {
  const [first, ...others] = decodePems(text, label);
  return [orThrow(takeApart(first), label), ...others.map((der) => orThrow(takeApart(der), label))];
}

/** Imports a certificate's RSA public key for verifying. Throws KeyFormatError when it is not RSA. */
export function importCertificateKey(certificate: Certificate, label: string): Promise<CryptoKey> {
  return importSpki(certificate.spki, label);
}

function orThrow(certificate: Certificate | undefined, label: string): Certificate {
  if (!certificate) throw new KeyFormatError(label, "is not an X.509 certificate");
  return certificate;
}

function takeApart(der: Bytes): Certificate | undefined {
  const [body, algorithm, signature] = readSequence(der) ?? [];
  const fields = body?.tag === DER_TAG.sequence ? readDer(body.content) : undefined;
  const numbered = fields?.[0]?.tag === DER_TAG.explicit0 ? fields.slice(1) : fields;
  const [serial, , issuer, validity, subject, spki, ...rest] = numbered ?? [];
  if (!body || !issuer || !subject || serial?.tag !== DER_TAG.integer || serial.content.length === 0) return undefined;
  if (spki?.tag !== DER_TAG.sequence || algorithm?.tag !== DER_TAG.sequence) return undefined;
  const [notBefore, notAfter] = validityOf(validity);
  if (!notBefore || !notAfter || signature?.tag !== DER_TAG.bitString) return undefined;
  return {
    der,
    serial: serialHex(serial.content),
    notBefore,
    notAfter,
    spki: spki.raw,
    issuer: issuer.raw,
    subject: subject.raw,
    isAuthority: isAuthority(rest),
    signed: body.raw,
    signatureOid: encodeHex(readDer(algorithm.content)?.[0]?.content ?? new Uint8Array()),
    signature: signature.content.slice(1),
  };
}

function serialHex(integer: Bytes): string {
  const unsigned = integer.length > 1 && integer[0] === 0 ? integer.slice(1) : integer;
  return encodeHex(unsigned).toUpperCase();
}

const BASIC_CONSTRAINTS = "551d13";

/** @param rest what follows the public key */
function isAuthority(rest: readonly DerElement[]): boolean {
  const list = rest.find(({ tag }) => tag === DER_TAG.explicit3);
  const extensions = (list && readSequence(list.content)) ?? [];
  for (const { raw } of extensions) {
    const members = readSequence(raw) ?? [];
    const value = members.at(-1);
    if (encodeHex(members[0]?.content ?? new Uint8Array()) !== BASIC_CONSTRAINTS || !value) continue;
    const [authority] = readSequence(value.content) ?? [];
    return authority?.tag === DER_TAG.boolean && authority.content[0] === 0xff;
  }
  return false;
}

function validityOf(validity: DerElement | undefined): readonly (Date | undefined)[] {
  return (validity && readDer(validity.content))?.map(readTime) ?? [];
}

const TIME = /^(\d{2,4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

function readTime(element: DerElement): Date | undefined {
  if (element.tag !== DER_TAG.utcTime && element.tag !== DER_TAG.generalizedTime) return undefined;
  const match = TIME.exec(decodeUtf8(element.content) ?? "");
  if (!match) return undefined;
  const [year = 0, month = 0, day, hour, minute, second] = match.slice(1).map(Number);
  return new Date(
    Date.UTC(element.tag === DER_TAG.utcTime ? century(year) : year, month - 1, day, hour, minute, second),
  );
}

/** UTCTime has two digits: 50 to 99 are 19xx, the rest 20xx. */
function century(year: number): number {
  return year < 50 ? 2000 + year : 1900 + year;
}
