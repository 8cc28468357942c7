/** Which certificates are Alipay's (Alipay, certificate mode): what is configured, and what leads up to its roots. */
import { encodeHex } from "../../crypto/bytes.ts";
import { type Certificate, readCertificate, readCertificates } from "../../crypto/certificate.ts";
import { leadsToRoot } from "../../crypto/certificate-chain.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import { certificateSn } from "./certificate-sn.ts";
import type { AlipayCertificates } from "./config.ts";

export class CertificateTrust {
  /** Alipay's own that were configured, without the authorities above them. At least one. */
  readonly own: readonly Certificate[];
  readonly #app: Certificate;
  readonly #roots: readonly Certificate[];
  /** Everything that was configured as Alipay's, its authorities included. */
  readonly #configured: readonly Certificate[];

  /** @throws KeyFormatError when a certificate can't be read, or none is Alipay's own */
  constructor(certificates: AlipayCertificates) {
    this.#app = readCertificate(certificates.app, "ALIPAY_APP_CERT");
    this.#roots = readCertificates(certificates.root, "ALIPAY_ROOT_CERT");
    this.#configured = readCertificates(certificates.alipay, "ALIPAY_PUBLIC_CERT");
    this.own = ownCertificates(this.#configured);
    if (this.own.length === 0) throw new KeyFormatError("ALIPAY_PUBLIC_CERT", "holds only certificates of authorities");
  }

  /**
   * The certificate that an SN names, if it leads up to a root. The same root stands above the applications' own
   * certificates, whose keys anybody may have, so one by their authority, or with our key, is not Alipay's.
   * @param chain where it is looked for, and the authorities above it; nothing is taken on trust from there
   * @param now milliseconds since the epoch
   */
  async find(sn: string, chain: readonly Certificate[], now: number): Promise<Certificate | undefined> {
    const found = ownCertificates(chain).find((certificate) => certificateSn(certificate) === sn);
    if (!found || isSame(found.spki, this.#app.spki)) return undefined;
    const isKnownIssuer = this.own.some(({ issuer }) => isSame(issuer, found.issuer));
    if (!isKnownIssuer && isSame(found.issuer, this.#app.issuer)) return undefined;
    const leads = await leadsToRoot(found, [...chain, ...this.#configured], this.#roots, now);
    return leads ? found : undefined;
  }
}

/** Alipay's own certificates, without those of the authorities above them. */
export function ownCertificates(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(({ isAuthority }) => !isAuthority);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return encodeHex(one) === encodeHex(other);
}
