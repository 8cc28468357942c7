/** Certificate mode: the keys that Alipay signs with, by the `alipay_cert_sn` that names each. */
import { encodeHex } from "../../crypto/bytes.ts";
import { type Certificate, importCertificateKey, readCertificate, readCertificates } from "../../crypto/certificate.ts";
import { isInTime, leadsToRoot } from "../../crypto/certificate-chain.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import { pause } from "../pause.ts";
import type { Timing } from "./call.ts";
import { certificateSn } from "./certificate-sn.ts";
import type { AlipayCertificates } from "./config.ts";
import type { AlipayKeys, Bearer } from "./keys.ts";

/** At most one download in this time, for replies and for notices apart: anybody can post a notice with any SN. */
const DOWNLOAD_PAUSE_MS = 15 * 1000;
/** An SN that is nobody's, or that of a certificate which can't be trusted, is not asked for again before this. */
const REFUSED_MS = 10 * 60 * 1000;
/** How often, and for how long, a call looks whether the download that another one began has ended. */
const POLL_MS = 20;
const LONGEST_WAIT_MS = 3000;

const SN = /^[0-9a-f]{32}$/;

/** Gives what Alipay hands out under an SN, unverified. See AlipayTransport.downloadCertificate. */
type Download = (sn: string, timing: Timing) => Promise<readonly Certificate[] | "none" | undefined>;

interface KnownKey {
  readonly certificate: Certificate;
  readonly load: () => Promise<CryptoKey>;
}

export class KeyRing implements AlipayKeys {
  readonly #download: Download;
  readonly #app: Certificate;
  readonly #roots: readonly Certificate[];
  /** Everything that was configured as Alipay's, its authorities included. */
  readonly #configured: readonly Certificate[];
  readonly #known = new Map<string, KnownKey>();
  readonly #refusedUntil = new Map<string, number>();
  readonly #nextDownloadAt = { reply: Number.NEGATIVE_INFINITY, notice: Number.NEGATIVE_INFINITY };
  readonly #underWay = new Map<string, object>();

  /** @throws KeyFormatError when a certificate can't be read, or none is Alipay's own */
  constructor(certificates: AlipayCertificates, download: Download) {
    this.#download = download;
    this.#app = readCertificate(certificates.app, "ALIPAY_APP_CERT");
    this.#roots = readCertificates(certificates.root, "ALIPAY_ROOT_CERT");
    this.#configured = readCertificates(certificates.alipay, "ALIPAY_PUBLIC_CERT");
    for (const certificate of ownCertificates(this.#configured)) this.#adopt(certificate);
    if (this.#known.size === 0)
      throw new KeyFormatError("ALIPAY_PUBLIC_CERT", "holds only certificates of authorities");
  }

  /** The key that an SN names, downloaded when it is not known; without an SN all that are in their time. */
  async find(sn: string | undefined, bearer: Bearer, timing: Timing): Promise<readonly CryptoKey[]> {
    if (sn === undefined) return keysOf([...this.#known.values()], timing);
    if (!this.#known.has(sn) && SN.test(sn)) await this.#fetch(sn, bearer, timing);
    const known = this.#known.get(sn);
    return known ? keysOf([known], timing) : [];
  }

  /** Downloads a certificate, or waits for the download that another call has begun. */
  async #fetch(sn: string, bearer: Bearer, timing: Timing): Promise<void> {
    const now = timing.now();
    if (now < (this.#refusedUntil.get(sn) ?? 0)) return;
    if (now >= this.#nextDownloadAt[bearer]) return this.#claimDownload(sn, bearer, timing);
    // A promise made for one request may never settle in another, so the others look for themselves.
    const underWay = this.#underWay.get(sn);
    for (let waited = 0; waited < LONGEST_WAIT_MS && !timing.signal.aborted; waited += POLL_MS) {
      if (underWay === undefined || this.#underWay.get(sn) !== underWay) return;
      await pause(POLL_MS, timing.signal);
    }
  }

  /** Claims before waiting, or calls at the same time would each download. A claim whose call was cut off lapses. */
  async #claimDownload(sn: string, bearer: Bearer, timing: Timing): Promise<void> {
    const claim = {};
    this.#underWay.set(sn, claim);
    this.#nextDownloadAt[bearer] = timing.now() + DOWNLOAD_PAUSE_MS;
    try {
      const downloaded = await this.#download(sn, timing);
      if (downloaded === undefined) return;
      const found = downloaded === "none" ? undefined : await this.#trusted(sn, downloaded, timing.now());
      if (found) this.#adopt(found);
      else this.#refuse(sn, timing.now());
    } finally {
      if (this.#underWay.get(sn) === claim) this.#underWay.delete(sn);
    }
  }

  /**
   * The certificate that an SN names, if it leads up to a root. The same root stands above the applications' own
   * certificates, whose keys anybody may have, so one by their authority, or with our key, is not Alipay's.
   */
  async #trusted(sn: string, downloaded: readonly Certificate[], now: number): Promise<Certificate | undefined> {
    const found = ownCertificates(downloaded).find((certificate) => certificateSn(certificate) === sn);
    if (!found || isSame(found.spki, this.#app.spki)) return undefined;
    const issuers = ownCertificates(this.#configured).map(({ issuer }) => issuer);
    const isKnownIssuer = issuers.some((issuer) => isSame(issuer, found.issuer));
    if (!isKnownIssuer && isSame(found.issuer, this.#app.issuer)) return undefined;
    const leads = await leadsToRoot(found, [...downloaded, ...this.#configured], this.#roots, now);
    return leads ? found : undefined;
  }

  #adopt(certificate: Certificate): void {
    const load = lazy(() => importCertificateKey(certificate, "ALIPAY_PUBLIC_CERT"));
    this.#known.set(certificateSn(certificate), { certificate, load });
  }

  #refuse(sn: string, now: number): void {
    for (const [other, until] of this.#refusedUntil) if (until <= now) this.#refusedUntil.delete(other);
    this.#refusedUntil.set(sn, now + REFUSED_MS);
  }
}

/** Alipay's own certificates, without those of the authorities above them. */
export function ownCertificates(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(({ isAuthority }) => !isAuthority);
}

/** A certificate is used in its time only. */
function keysOf(known: readonly KnownKey[], timing: Timing): Promise<readonly CryptoKey[]> {
  const now = timing.now();
  return Promise.all(known.filter(({ certificate }) => isInTime(certificate, now)).map(({ load }) => load()));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return encodeHex(one) === encodeHex(other);
}
