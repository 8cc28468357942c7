/** Signed calls to WeChat Pay V3 and their verified replies. */
import { importAeadKey } from "../../crypto/aead.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { decryptOaep, encryptOaep, importDecryptionKey, importEncryptionKey } from "../../crypto/oaep.ts";
import { importPublicKey } from "../../crypto/rsa.ts";
import type { ProviderRuntime } from "../exchange.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { Timing, WechatCall, WechatReply } from "./call.ts";
import { CertificateCache, EMPTY_LIST } from "./certificate-cache.ts";
import { type CertificateList, downloadList } from "./certificate-list.ts";
import { failure } from "./codes.ts";
import type { WechatPayConfig } from "./config.ts";
import { KeyRing } from "./key-ring.ts";
import { WechatTransport } from "./transport.ts";
import { type SignedMessage, type Verification, verifyMessage } from "./verification.ts";

export type { Timing, WechatCall, WechatReply } from "./call.ts";

/** How long a callback may wait for certificates; WeChat Pay wants its answer within five seconds. */
const CALLBACK_DOWNLOAD_MS = 2500;

/** A key of WeChat Pay's that fields are encrypted with. `serial` goes into the call's `encryptedFor`. */
export interface EncryptionKey {
  readonly serial: string;
  /** Gives base64. Throws PlaintextTooLongError, for more than 214 bytes under a key of 2048 bits. */
  readonly encrypt: (text: string) => Promise<string>;
}

/** Speaks for one merchant. Holds keys and the key ring, nothing about trades. */
export class WechatClient {
  readonly apiV3Key: () => Promise<CryptoKey>;
  /** The merchant's private key, which requests and the clients' parameters are signed with. */
  readonly signingKey: () => Promise<CryptoKey>;
  readonly #config: WechatPayConfig;
  readonly #transport: WechatTransport;
  readonly #keyRing: KeyRing;
  readonly #decryptionKey: () => Promise<CryptoKey>;
  readonly #encryptionKey: () => Promise<CryptoKey>;

  constructor(config: WechatPayConfig, runtime: ProviderRuntime) {
    const { publicKey } = config;
    this.#config = config;
    this.#transport = new WechatTransport(config, runtime);
    this.apiV3Key = lazy(() => importAeadKey(config.apiV3Key, "WECHAT_API_V3_KEY"));
    this.signingKey = this.#transport.signingKey;
    this.#decryptionKey = lazy(() => importDecryptionKey(config.privateKeyPem, "WECHAT_API_CLIENT_KEY"));
    this.#encryptionKey = lazy(() => importEncryptionKey(publicKey?.pem ?? "", "WECHAT_PUBLIC_KEY"));
    const cache = new CertificateCache(runtime.cache, config.mchId, this.apiV3Key);
    this.#keyRing = new KeyRing(
      publicKey && { id: publicKey.id, load: lazy(() => importPublicKey(publicKey.pem, "WECHAT_PUBLIC_KEY")) },
      {
        cached: (timing) => cache.read(timing.signal),
        download: (timing) => this.#downloadList(timing),
        keep: (list, { now, signal }) => cache.write(list === "none" ? EMPTY_LIST : list.body, now(), signal),
      },
    );
  }

  /** Sends a signed request, more than once where that helps, within the signal's time in all. */
  call(request: WechatCall, timing: Timing): Promise<WechatReply> {
    return this.#transport.call(request, timing, (message) => this.#verify(message, timing));
  }

  /** Verifies a callback's freshness and signature. `now` is in milliseconds. */
  verifyCallback(message: SignedMessage, now: number): Promise<Verification> {
    return this.#verify(message, { now: () => now, signal: AbortSignal.timeout(CALLBACK_DOWNLOAD_MS) });
  }

  /** The key to encrypt fields with; undefined when it would have to be fetched and can't be now. */
  async encryptionKey(timing: Timing): Promise<EncryptionKey | undefined> {
    const { publicKey } = this.#config;
    if (publicKey) return encryptionKeyOf(publicKey.id, await this.#encryptionKey());
    const certificate = await this.#keyRing.latest(timing);
    return certificate && encryptionKeyOf(certificate.serial, await certificate.encryptionKey());
  }

  /** Decrypts a field that was encrypted for the merchant. Returns undefined when it was not. */
  async decryptField(ciphertext: string): Promise<string | undefined> {
    return decryptOaep(await this.#decryptionKey(), ciphertext);
  }

  /** Downloads a bill from the address that a signed reply gave. Whoever reads it checks its hash. */
  async download(url: string, timing: Timing): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const address = URL.parse(url);
    if (!address || !/^https?:$/.test(address.protocol)) return unknown("unlisted", "download_url is no address");
    const reply = await this.#transport.fetchFile(address, timing);
    return reply.kind === "success" ? ok(reply.stream) : failure(reply, "bill", { firstSend: true });
  }

  /** Renews the platform certificates when they are some hours old. */
  renewKeys(timing: Timing): Promise<void> {
    return this.#keyRing.renew(timing);
  }

  #verify(message: SignedMessage, timing: Timing): Promise<Verification> {
    return verifyMessage(message, timing.now(), (serial) => this.#keyRing.find(serial, timing));
  }

  async #downloadList(timing: Timing): Promise<CertificateList | "none" | undefined> {
    const findKnown = (serial: string, now: number) => this.#keyRing.findKnown(serial, now);
    return downloadList(this.#transport, timing, await this.apiV3Key(), findKnown);
  }
}

function encryptionKeyOf(serial: string, key: CryptoKey): EncryptionKey {
  return { serial, encrypt: (text) => encryptOaep(key, text) };
}
