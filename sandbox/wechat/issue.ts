/** The certificates that WeChat Pay issues: its own platform certificates and the merchant's API certificate. */
import { createPrivateKey } from "node:crypto";
import { selfSignedCertificate } from "../certificate.ts";
import { DAY } from "../times.ts";
import { MCH_ID } from "./applications.ts";

const LIFETIME = 5 * 365 * DAY;

interface Subject {
  readonly commonName: string;
  readonly privateKeyPem: string;
  /** 40 hex digits. */
  readonly serial: string;
  readonly notBefore: Date;
}

/** A self-signed certificate, PEM, good for five years. */
function issueCertificate(subject: Subject): string {
  return selfSignedCertificate({
    privateKey: createPrivateKey(subject.privateKeyPem),
    serial: Buffer.from(subject.serial, "hex"),
    commonName: subject.commonName,
    notBefore: subject.notBefore,
    notAfter: new Date(subject.notBefore.getTime() + LIFETIME),
  });
}

export function issuePlatformCertificate(privateKeyPem: string, serial: string, notBefore: Date): string {
  return issueCertificate({
    commonName: "Simulated WeChat Pay platform certificate",
    privateKeyPem,
    serial,
    notBefore,
  });
}

export function issueMerchantCertificate(privateKeyPem: string, serial: string, notBefore: Date): string {
  return issueCertificate({ commonName: MCH_ID, privateKeyPem, serial, notBefore });
}
