/** The keys that WeChat Pay signs with, by the `Wechatpay-Serial` that names each. */
import type { CryptoKey } from "../../crypto/key.ts";
import { pause } from "../pause.ts";
import type { Timing } from "./call.ts";
import type { CachedList } from "./certificate-cache.ts";
import type { CertificateList } from "./certificate-list.ts";
import type { PlatformKey } from "./certificates.ts";

/** A list this old is renewed, on schedule or when it is used. */
const LIST_LIFETIME_MS = 5 * 60 * 60 * 1000;
/**
 * An unknown serial may be a new certificate, or made up: it causes no more than one download in this time, be it by
 * this isolate or by another one that shares the cache.
 */
const REFRESH_PAUSE_MS = 10 * 60 * 1000;
/** After a download that failed. Waiting longer could lock a new certificate out. */
const FAILED_PAUSE_MS = 15 * 1000;
/** Isolates' clocks may differ by so much. A list from further ahead would keep others from ever downloading one. */
const CLOCKS_APART_MS = 60 * 1000;
/** How often, and for how long, a call looks whether the refresh that another one began has ended. */
const POLL_MS = 20;
const LONGEST_WAIT_MS = 3000;

const CERTIFICATE_SERIAL = /^[0-9A-F]{8,40}$/;

/** Where certificates come from. Both give undefined when they have nothing to give. */
interface CertificateSources {
  /** What another isolate downloaded in the last hours. */
  readonly cached: (timing: Timing) => Promise<CachedList | undefined>;
  /** `none`: WeChat Pay says that the merchant has no certificates, in an error, which nobody signed. */
  readonly download: (timing: Timing) => Promise<CertificateList | "none" | undefined>;
  /** Lets other isolates have what was downloaded. */
  readonly keep: (list: CertificateList | "none", timing: Timing) => Promise<void>;
}

/** WeChat Pay's own public key. It has an id where certificates have a serial. */
interface PublicKey {
  readonly id: string;
  readonly load: () => Promise<CryptoKey>;
}

/** Whether a list does, so that none need be downloaded. */
type Test = (list: CachedList) => boolean;

/**
 * Public key and platform certificates side by side, since both are in use while a merchant moves from one to
 * the other. Holds finished keys only.
 */
export class KeyRing {
  readonly #publicKey: PublicKey | undefined;
  readonly #sources: CertificateSources;
  #certificates: ReadonlyMap<string, PlatformKey> = new Map();
  #listedAt = Number.NEGATIVE_INFINITY;
  #nextRefreshAt = Number.NEGATIVE_INFINITY;
  /** Stands for the refresh that is under way. */
  #refreshing: object | undefined;

  constructor(publicKey: PublicKey | undefined, sources: CertificateSources) {
    this.#publicKey = publicKey;
    this.#sources = sources;
  }

  /** Finds the key that a serial names, refreshing the certificates when they are old or may lack it. */
  async find(serial: string, timing: Timing): Promise<CryptoKey | undefined> {
    const known = await this.findKnown(serial, timing.now());
    if (serial === this.#publicKey?.id || !CERTIFICATE_SERIAL.test(serial)) return known;
    if (known) await this.renew(timing);
    else await this.#refresh(timing, ({ keys }) => keys.some((key) => key.serial === serial));
    return this.findKnown(serial, timing.now());
  }

  /** Finds a key without asking anybody. `now` is in milliseconds since the epoch. */
  async findKnown(serial: string, now: number): Promise<CryptoKey | undefined> {
    if (serial === this.#publicKey?.id) return this.#publicKey.load();
    const certificate = this.#certificates.get(serial);
    return certificate && now < certificate.validUntil ? certificate.key : undefined;
  }

  /** The certificate in effect that took effect last, for encrypting. */
  async latest(timing: Timing): Promise<PlatformKey | undefined> {
    if (this.#latestKnown(timing.now())) await this.renew(timing);
    else await this.#refresh(timing, ({ keys }) => keys.length > 0);
    return this.#latestKnown(timing.now());
  }

  /** Refreshes the certificates when the list is old and nobody has just tried. */
  async renew(timing: Timing): Promise<void> {
    const now = timing.now();
    if (now - this.#listedAt < LIST_LIFETIME_MS || now < this.#nextRefreshAt) return;
    await this.#claimRefresh(timing, ({ keys, downloadedAt }) => {
      return now - downloadedAt < LIST_LIFETIME_MS && (keys.length > 0 || this.#mayHaveNone());
    });
  }

  /** Refreshes the certificates, or waits for the refresh that another call has begun. */
  async #refresh(timing: Timing, isEnough: Test): Promise<void> {
    if (timing.now() >= this.#nextRefreshAt) return this.#claimRefresh(timing, isEnough);
    // A promise made for one request may never settle in another, so the others look for themselves.
    const underWay = this.#refreshing;
    for (let waited = 0; waited < LONGEST_WAIT_MS && !timing.signal.aborted; waited += POLL_MS) {
      if (underWay === undefined || this.#refreshing !== underWay) return;
      await pause(POLL_MS, timing.signal);
    }
  }

  /** Claims before waiting, or calls at the same time would each download. A claim whose call was cut off lapses. */
  async #claimRefresh(timing: Timing, isEnough: Test): Promise<void> {
    const claim = {};
    this.#refreshing = claim;
    this.#nextRefreshAt = timing.now() + FAILED_PAUSE_MS;
    const release = () => {
      if (this.#refreshing === claim) this.#refreshing = undefined;
    };
    try {
      if (await this.#adoptCached(timing, isEnough)) return;
      const list = await this.#adoptDownloaded(timing);
      // Those who wait need not wait for this.
      release();
      if (list) await this.#sources.keep(list, timing);
    } finally {
      release();
    }
  }

  /**
   * Whether the cache sufficed: it has what is wanted, or another isolate has just downloaded a list without it. Until
   * there is any certificate, even an old list that lacks the wanted one is better.
   */
  async #adoptCached(timing: Timing, isEnough: Test): Promise<boolean> {
    const list = await this.#sources.cached(timing);
    const now = timing.now();
    if (!list || list.downloadedAt > now + CLOCKS_APART_MS) return false;
    const hasNone = this.#certificates.size === 0;
    const isNews = hasNone || list.downloadedAt > this.#listedAt;
    const isPlausible = list.keys.length > 0 || this.#mayHaveNone();
    const nextRefreshAt = list.downloadedAt + REFRESH_PAUSE_MS;
    const suffices = isPlausible && ((isNews && isEnough(list)) || now < nextRefreshAt);
    if (isPlausible && isNews && (suffices || hasNone)) this.#adopt(list.keys, list.downloadedAt);
    // Nothing has failed: once the list has been there for long enough, the next unknown serial is looked for at once.
    if (suffices) this.#nextRefreshAt = nextRefreshAt;
    return suffices;
  }

  /** What is known stays when a download fails; a newer list drops what it does not name. */
  async #adoptDownloaded(timing: Timing): Promise<CertificateList | "none" | undefined> {
    const list = await this.#sources.download(timing);
    const isEmpty = list === "none" || list?.keys.length === 0;
    if (list === undefined || (isEmpty && !this.#publicKey)) return undefined;
    const now = timing.now();
    if (list === "none") this.#listedAt = now;
    else this.#adopt(list.keys, now);
    this.#nextRefreshAt = now + REFRESH_PAUSE_MS;
    return list;
  }

  #adopt(keys: readonly PlatformKey[], now: number): void {
    this.#certificates = new Map(keys.map((key) => [key.serial, key]));
    this.#listedAt = now;
  }

  /** Merchants with the public key need no certificates; one who has had some keeps them until WeChat Pay says no. */
  #mayHaveNone(): boolean {
    return this.#publicKey !== undefined && this.#certificates.size === 0;
  }

  #latestKnown(now: number): PlatformKey | undefined {
    return [...this.#certificates.values()]
      .filter((key) => key.validFrom <= now && now < key.validUntil)
      .sort((one, other) => other.validFrom - one.validFrom)[0];
  }
}
