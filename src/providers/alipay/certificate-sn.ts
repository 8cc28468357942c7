/** The serial numbers (SN) by which Alipay names certificates (Alipay, certificate mode, "computing the SN"). */
import { md5 } from "@noble/hashes/legacy.js";
import { encodeHex, utf8 } from "../../crypto/bytes.ts";
import { type Certificate, readCertificate, readCertificates } from "../../crypto/certificate.ts";
import { printName } from "../../crypto/distinguished-name.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import type { AlipayCertificates } from "./config.ts";

/** PKCS#1's signature algorithms begin with this (1.2.840.113549.1.1). */
const RSA_SIGNATURES = "2a864886f70d0101";

/** A certificate's SN: 32 hex digits. */
export function certificateSn(certificate: Certificate): string {
  const serial = BigInt(`0x${certificate.serial}`).toString();
  return encodeHex(md5(utf8(printName(certificate.issuer) + serial)));
}

/**
 * The SN of a file of roots: those of its certificates that are signed by RSA, in their order, joined by `_`.
 * @param label the variable's name, for the error
 * @throws KeyFormatError when there is none
 */
export function rootCertificateSn(pem: string, label: string): string {
  const sns = readCertificates(pem, label).filter(isSignedByRsa).map(certificateSn);
  if (sns.length === 0) throw new KeyFormatError(label, "holds no certificate that is signed by RSA");
  return sns.join("_");
}

/** The parameters that name the application's certificates in every call. Throws KeyFormatError. */
export function certificateSns(certificates: AlipayCertificates) {
  return {
    app_cert_sn: certificateSn(readCertificate(certificates.app, "ALIPAY_APP_CERT")),
    alipay_root_cert_sn: rootCertificateSn(certificates.root, "ALIPAY_ROOT_CERT"),
  };
}

function isSignedByRsa({ signatureOid }: Certificate): boolean {
  return signatureOid.startsWith(RSA_SIGNATURES);
}
