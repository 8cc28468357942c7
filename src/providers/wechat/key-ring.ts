/** The keys that WeChat Pay signs with, by the `Wechatpay-Serial` that names each. */
import type { CryptoKey } from "../../crypto/key.ts";
import type { PlatformKey } from "./certificates.ts";

/** An unknown serial may be a new certificate, or made up: it causes no more than one download in this time. */
const REFRESH_PAUSE_MS = 10 * 60 * 1000;
/** Before the first list has come, waiting so long would refuse everything. */
const FIRST_RETRY_PAUSE_MS = 10 * 1000;

const CERTIFICATE_SERIAL = /^[0-9A-F]{8,40}$/;

/** Fetches the platform certificates; undefined when that failed. */
type DownloadKeys = () => Promise<readonly PlatformKey[] | undefined>;

/**
 * Public key and platform certificates side by side, since both are in use while a merchant moves from one to
 * the other. Holds finished keys only.
 */
export class KeyRing {
  readonly #publicKey: { readonly id: string; readonly load: () => Promise<CryptoKey> } | undefined;
  #certificates: ReadonlyMap<string, PlatformKey> | undefined;
  #nextRefreshAt = 0;

  constructor(publicKey?: { readonly id: string; readonly load: () => Promise<CryptoKey> }) {
    this.#publicKey = publicKey;
  }

  /**
   * Finds the key that a serial names, downloading the certificates when it may be one that is not known yet.
   * @param now milliseconds since the epoch
   */
  async find(serial: string, now: number, download: DownloadKeys): Promise<CryptoKey | undefined> {
    const known = await this.findKnown(serial, now);
    if (known || !CERTIFICATE_SERIAL.test(serial) || now < this.#nextRefreshAt) return known;
    await this.#refresh(now, download);
    return this.findKnown(serial, now);
  }

  /** Finds a key without downloading anything. */
  async findKnown(serial: string, now: number): Promise<CryptoKey | undefined> {
    if (serial === this.#publicKey?.id) return this.#publicKey.load();
    const certificate = this.#certificates?.get(serial);
    return certificate && now < certificate.validUntil ? certificate.key : undefined;
  }

  async #refresh(now: number, download: DownloadKeys): Promise<void> {
    // Claimed before waiting, or calls at the same time would each download. The first list is different: it is
    // needed by every one of them, and a promise must not be shared between requests.
    if (this.#certificates) this.#nextRefreshAt = now + REFRESH_PAUSE_MS;
    const keys = await download();
    if (keys) this.#certificates = new Map(keys.map((key) => [key.serial, key]));
    this.#nextRefreshAt = now + (this.#certificates ? REFRESH_PAUSE_MS : FIRST_RETRY_PAUSE_MS);
  }
}
