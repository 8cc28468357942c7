/** Certificate mode: the keys that Alipay signs with, by the `alipay_cert_sn` that names each. */
import { type Certificate, importCertificateKey } from "../../crypto/certificate.ts";
import { isInTime } from "../../crypto/certificate-chain.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { pause } from "../pause.ts";
import type { Timing } from "./call.ts";
import type { CertificateCache } from "./certificate-cache.ts";
import { certificateSn } from "./certificate-sn.ts";
import { CertificateTrust, ownCertificates } from "./certificate-trust.ts";
import type { AlipayCertificates } from "./config.ts";
import type { AlipayKeys, Bearer } from "./keys.ts";

/** At most one download in this time, for replies and for notices apart: anybody can post a notice with any SN. */
const DOWNLOAD_PAUSE_MS = 15 * 1000;
/** An SN that is nobody's, or that of a certificate which can't be trusted, is not asked for again before this. */
const REFUSED_MS = 10 * 60 * 1000;
/** How often, and for how long, a call looks whether the download that another one began has ended. */
const POLL_MS = 20;
const LONGEST_WAIT_MS = 3000;

/** How often an isolate looks whether another one has downloaded a certificate. */
const RECALL_PAUSE_MS = 60 * 1000;

const SN = /^[0-9a-f]{32}$/;

/** Where certificates come from that are not configured. */
interface Sources {
  /** Gives what Alipay hands out under an SN, unverified. See AlipayTransport.downloadCertificate. */
  readonly download: (sn: string, timing: Timing) => Promise<readonly Certificate[] | "none" | undefined>;
  readonly cache: CertificateCache;
}

interface KnownKey {
  readonly certificate: Certificate;
  readonly load: () => Promise<CryptoKey>;
}

export class KeyRing implements AlipayKeys {
  readonly #sources: Sources;
  readonly #trust: CertificateTrust;
  readonly #known = new Map<string, KnownKey>();
  readonly #refusedUntil = new Map<string, number>();
  readonly #nextDownloadAt = { reply: Number.NEGATIVE_INFINITY, notice: Number.NEGATIVE_INFINITY };
  readonly #underWay = new Map<string, object>();
  #nextRecallAt = Number.NEGATIVE_INFINITY;

  /** @throws KeyFormatError when a certificate can't be read, or none is Alipay's own */
  constructor(certificates: AlipayCertificates, sources: Sources) {
    this.#sources = sources;
    this.#trust = new CertificateTrust(certificates);
    for (const certificate of this.#trust.own) this.#adopt(certificate);
  }

  /** The key that an SN names, downloaded when it is not known; without an SN all that are in their time. */
  async find(sn: string | undefined, bearer: Bearer, timing: Timing): Promise<readonly CryptoKey[]> {
    if (sn === undefined) {
      if (timing.now() >= this.#nextRecallAt) await this.#recall(timing);
      return keysOf([...this.#known.values()], timing);
    }
    if (!this.#known.has(sn) && SN.test(sn)) await this.#fetch(sn, bearer, timing);
    const known = this.#known.get(sn);
    return known ? keysOf([known], timing) : [];
  }

  /** Takes over what other isolates have downloaded, checked as if it had just come in. */
  async #recall(timing: Timing): Promise<void> {
    for (const chain of await this.#sources.cache.read(timing.signal)) {
      const [sn] = ownCertificates(chain).map(certificateSn);
      if (sn === undefined || this.#known.has(sn)) continue;
      const found = await this.#trust.find(sn, chain, timing.now());
      if (found) this.#adopt(found);
    }
    // Not before: who comes meanwhile must look for itself.
    this.#nextRecallAt = timing.now() + RECALL_PAUSE_MS;
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
    const release = () => {
      if (this.#underWay.get(sn) === claim) this.#underWay.delete(sn);
    };
    try {
      await this.#recall(timing);
      if (this.#known.has(sn)) return;
      const downloaded = await this.#sources.download(sn, timing);
      if (downloaded === undefined) return;
      const found = downloaded === "none" ? undefined : await this.#trust.find(sn, downloaded, timing.now());
      if (!found || downloaded === "none") return this.#refuse(sn, timing.now());
      this.#adopt(found);
      // Those who wait need not wait for this.
      release();
      const issuers = downloaded.filter(({ isAuthority }) => isAuthority);
      await this.#sources.cache.add([found, ...issuers], timing.now(), timing.signal);
    } finally {
      release();
    }
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

/** A certificate is used in its time only. */
function keysOf(known: readonly KnownKey[], timing: Timing): Promise<readonly CryptoKey[]> {
  const now = timing.now();
  return Promise.all(known.filter(({ certificate }) => isInTime(certificate, now)).map(({ load }) => load()));
}
