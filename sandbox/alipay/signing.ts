/** Alipay's keys: the plain one of public-key mode, and the certified ones of certificate mode, which may rotate. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Keys } from "../keys.ts";
import { DAY } from "../times.ts";
import { type CertificateKeys, issueAlipayCertificate, rootSerialNumber, serialNumber } from "./certificates.ts";

/** What signs an answer or a notice. */
export interface Signer {
  readonly privateKey: KeyObject;
  /** alipay_cert_sn, in certificate mode. */
  readonly certificateSn: string | undefined;
}

export interface AlipayCertificate {
  readonly sn: string;
  readonly pem: string;
  readonly privateKey: KeyObject;
}

export class Signing {
  readonly appKey: KeyObject;
  readonly appCertificateSn: string;
  readonly rootCertificateSn: string;
  readonly appCertificate: string;
  readonly rootCertificates: string;
  readonly authorityCertificate: string;
  readonly #plainKey: KeyObject;
  readonly #keys: CertificateKeys;
  readonly #first: AlipayCertificate;
  /** Oldest first. The last one signs. */
  certificates: readonly AlipayCertificate[];

  constructor(keys: Keys["alipay"]) {
    this.appKey = createPublicKey(keys.appPrivateKey);
    this.#plainKey = createPrivateKey(keys.gatewayPrivateKey);
    this.#keys = keys;
    this.appCertificate = keys.appCertificate;
    this.rootCertificates = keys.rootCertificates;
    this.authorityCertificate = keys.authorityCertificate;
    this.appCertificateSn = serialNumber(keys.appCertificate);
    this.rootCertificateSn = rootSerialNumber(keys.rootCertificates);
    this.#first = alipayCertificate(keys.alipayCertificate, createPrivateKey(keys.certifiedPrivateKey));
    this.certificates = [this.#first];
  }

  get publicKeySigner(): Signer {
    return { privateKey: this.#plainKey, certificateSn: undefined };
  }

  get certificateSigner(): Signer {
    const newest = this.certificates.at(-1) ?? this.#first;
    return { privateKey: newest.privateKey, certificateSn: newest.sn };
  }

  /** Adds a certificate for a new key, good for so many days, and signs with it from now on. */
  rotate(privateKeyPem: string, days: number): void {
    const privateKey = createPrivateKey(privateKeyPem);
    const pem = issueAlipayCertificate(this.#keys, privateKey, new Date(Date.now() - DAY), (days + 1) * DAY);
    this.certificates = [...this.certificates, alipayCertificate(pem, privateKey)];
  }

  /** Alipay's certificates as a merchant downloads them: each followed by the authority's. */
  get certificateFile(): string {
    return this.certificates.map(({ pem }) => `${pem}${this.authorityCertificate}`).join("");
  }

  clear(): void {
    this.certificates = [this.#first];
  }
}

function alipayCertificate(pem: string, privateKey: KeyObject): AlipayCertificate {
  return { sn: serialNumber(pem), pem, privateKey };
}
