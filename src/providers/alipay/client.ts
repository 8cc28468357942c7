/** Signed calls to Alipay's gateway (protocol v2), signed pages, and verified messages. */
import type { ProviderRuntime } from "../exchange.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import { type AppResultVerification, verifyAppResult } from "./app-result.ts";
import type { AlipayCall, AlipayReply, AlipayRequest, Timing } from "./call.ts";
import { CertificateCache } from "./certificate-cache.ts";
import { failure } from "./codes.ts";
import type { AlipayConfig } from "./config.ts";
import { checkKeyPlaces } from "./key-places.ts";
import { KeyRing } from "./key-ring.ts";
import { type AlipayKeys, singleKey } from "./keys.ts";
import type { FindKeys } from "./node.ts";
import { verifyNotice } from "./notice.ts";
import { orderString, pageForm, pageUrl } from "./page.ts";
import { verifyReturn } from "./return-url.ts";
import type { FieldsVerification } from "./signed-fields.ts";
import { RequestSigner } from "./signed-request.ts";
import { AlipayTransport } from "./transport.ts";

export type { AlipayCall, AlipayReply, AlipayRequest, Timing } from "./call.ts";

/** How long a notice or a returning browser may wait for a certificate. */
const DOWNLOAD_MS = 2500;

/** Speaks for one application. Holds its keys and Alipay's, nothing about trades. */
export class AlipayClient {
  readonly #config: AlipayConfig;
  readonly #signer: RequestSigner;
  readonly #transport: AlipayTransport;
  readonly #keys: AlipayKeys;

  /** @throws KeyFormatError for keys that can't be used, or that stand in each other's place */
  constructor(config: AlipayConfig, runtime: ProviderRuntime) {
    checkKeyPlaces(config);
    this.#config = config;
    this.#signer = new RequestSigner(config);
    this.#transport = new AlipayTransport(config, this.#signer, runtime);
    this.#keys = config.certificates
      ? new KeyRing(config.certificates, {
          download: (sn, timing) => this.#transport.downloadCertificate(sn, timing),
          cache: new CertificateCache(runtime.cache, config.appId),
        })
      : singleKey(config.publicKeyPem ?? "");
  }

  /**
   * Sends a signed request, more than once where that helps, within the signal's time in all. Neither a success nor
   * an error counts before its signature has been verified.
   */
  call(request: AlipayCall, timing: Timing): Promise<AlipayReply> {
    return this.#transport.call(request, timing, this.#keys);
  }

  /** An address that opens Alipay's page by GET. Nothing is sent. `now` is in milliseconds since the epoch. */
  async pageUrl(request: AlipayRequest, now: number): Promise<string> {
    return pageUrl(this.#config.gatewayUrl, await this.#signer.sign(request, now));
  }

  /** HTML of a form that opens Alipay's page by POST, and submits itself. Nothing is sent. */
  async pageForm(request: AlipayRequest, now: number): Promise<string> {
    return pageForm(this.#config.gatewayUrl, await this.#signer.sign(request, now));
  }

  /** What the application's SDK is handed. Nothing is sent. */
  async orderString(request: AlipayRequest, now: number): Promise<string> {
    return orderString(await this.#signer.sign(request, now));
  }

  /** Verifies a notice's raw body and decodes it. */
  verifyNotice(body: Uint8Array, now: number): Promise<FieldsVerification> {
    return verifyNotice(body, this.#keysAt(now));
  }

  /** Verifies what a browser came back with: the query of a return_url, with or without the address before it. */
  verifyReturn(query: string, now: number): Promise<FieldsVerification> {
    return verifyReturn(query, this.#keysAt(now));
  }

  /** Verifies what an application's SDK handed back. Even when it verifies, it is no proof of payment. */
  verifyAppResult(text: string, now: number): Promise<AppResultVerification> {
    return verifyAppResult(text, this.#keysAt(now));
  }

  /** Downloads a bill from the address that a verified reply gave, within 30 seconds of it. Nobody signs the file. */
  async download(url: string, timing: Timing): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const address = URL.parse(url);
    if (!address || !this.#transport.mayFetch(address)) {
      return unknown("unlisted", "bill_download_url is no address of Alipay's");
    }
    const reply = await this.#transport.fetchFile(address, timing);
    return reply.kind === "success" ? ok(reply.stream) : failure(reply, "bill", { firstSend: true });
  }

  /** The keys for what is brought by anybody. */
  #keysAt(now: number): FindKeys {
    const timing = { now: () => now, signal: AbortSignal.timeout(DOWNLOAD_MS) };
    return (sn) => this.#keys.find(sn, "notice", timing);
  }
}
