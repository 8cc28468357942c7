/**
 * Which of WeChat Pay's keys signs what: the platform certificates, one or several during a rotation, and the WeChat
 * Pay public key, with everything in between of the migration from the one to the other (WeChat Pay V3, key choice).
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { randomSerial } from "../crypto.ts";
import type { Keys } from "../keys.ts";
import { MINUTE, SECOND } from "../times.ts";
import { wrongSerial } from "./errors.ts";
import { issuePlatformCertificate } from "./issue.ts";

/** A key that signs, under the serial or id that Wechatpay-Serial names it by. */
export interface Signer {
  readonly serial: string;
  readonly privateKey: KeyObject;
}

export interface PlatformCertificate extends Signer {
  readonly pem: string;
  /** ms of the machine's clock. */
  readonly effectiveAt: number;
  readonly expiresAt: number;
}

export interface SigningPolicy {
  /** Whether the merchant has turned on that replies are signed with the public key when a request names it. */
  publicKeySwitch: boolean;
  /** Of a hundred callbacks, how many are signed with the public key. */
  publicKeyShare: number;
  /** Of a hundred signatures by certificate, how many are the newest one's. */
  newestShare: number;
  /** What the certificate download answers: merchants that have only the public key get an empty list or a 404. */
  certificateList: "listed" | "empty" | "not_found";
}

const POLICY: SigningPolicy = {
  publicKeySwitch: true,
  publicKeyShare: 100,
  newestShare: 0,
  certificateList: "listed",
};

export class Signing {
  readonly publicKeySigner: Signer;
  policy: SigningPolicy = { ...POLICY };
  readonly #first: PlatformCertificate;
  #certificates: PlatformCertificate[];
  #callbacks = new Share();
  #newest = new Share();

  constructor(keys: Keys["wechat"]) {
    this.publicKeySigner = { serial: keys.publicKeyId, privateKey: createPrivateKey(keys.payPrivateKey) };
    this.#first = read(keys.platformSerial, keys.platformPrivateKey, keys.platformCertificate);
    this.#certificates = [this.#first];
  }

  /** All platform certificates that are in use, the newest last. */
  get certificates(): readonly PlatformCertificate[] {
    return this.#certificates;
  }

  /** The certificate that is next to sign where the request leaves the choice open. */
  certificateSigner(): PlatformCertificate {
    const [oldest = this.#first] = this.#certificates;
    return this.#newest.falls(this.policy.newestShare) ? (this.#certificates.at(-1) ?? oldest) : oldest;
  }

  /** The key for a reply to a request that names `serial` or nothing. Throws WechatError for a serial that is none. */
  replySigner(serial: string | undefined): Signer {
    if (serial === undefined) return this.certificateSigner();
    if (serial !== this.publicKeySigner.serial) return this.#named(serial);
    return this.policy.publicKeySwitch ? this.publicKeySigner : this.certificateSigner();
  }

  /** The key for the next callback. Shares are dealt out evenly, so that a test can count on them. */
  callbackSigner(): Signer {
    return this.#callbacks.falls(this.policy.publicKeyShare) ? this.publicKeySigner : this.certificateSigner();
  }

  /** The key that opens what was encrypted for `serial`. Throws WechatError for a serial that is none. */
  decryptionKey(serial: string): KeyObject {
    return serial === this.publicKeySigner.serial ? this.publicKeySigner.privateKey : this.#named(serial).privateKey;
  }

  /** Adds a certificate beside the others, valid from now. */
  addCertificate(privateKeyPem: string): PlatformCertificate {
    const serial = randomSerial();
    const before = this.#certificates.at(-1)?.effectiveAt ?? 0;
    const effectiveAt = Math.max(Date.now() - MINUTE, before + SECOND);
    const pem = issuePlatformCertificate(privateKeyPem, serial, new Date(effectiveAt));
    const certificate = read(serial, privateKeyPem, pem);
    this.#certificates.push(certificate);
    return certificate;
  }

  /** Drops all certificates but the newest. */
  dropOldCertificates(): void {
    this.#certificates = this.#certificates.slice(-1);
  }

  clear(): void {
    this.policy = { ...POLICY };
    this.#certificates = [this.#first];
    this.#callbacks = new Share();
    this.#newest = new Share();
  }

  #named(serial: string): PlatformCertificate {
    const listed = this.policy.certificateList === "listed" ? this.#certificates : [];
    const certificate = listed.find((each) => each.serial === serial);
    if (!certificate) throw wrongSerial();
    return certificate;
  }
}

/** Deals out shares of a hundred evenly. */
class Share {
  #turn = 0;

  /** Whether the next one falls to those `percent`. */
  falls(percent: number): boolean {
    const before = Math.floor((this.#turn * percent) / 100);
    this.#turn += 1;
    return Math.floor((this.#turn * percent) / 100) > before;
  }
}

function read(serial: string, privateKeyPem: string, pem: string): PlatformCertificate {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return {
    serial,
    privateKey: createPrivateKey(privateKeyPem),
    pem,
    effectiveAt: validFromDate.getTime(),
    expiresAt: validToDate.getTime(),
  };
}
