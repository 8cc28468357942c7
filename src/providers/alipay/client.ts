/** Signed calls to Alipay's gateway (protocol v2), signed pages, and verified messages. */
import type { ProviderRuntime } from "../exchange.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import { type AppResultVerification, verifyAppResult } from "./app-result.ts";
import type { AlipayCall, AlipayReply, AlipayRequest, Timing } from "./call.ts";
import { failure } from "./codes.ts";
import type { AlipayConfig } from "./config.ts";
import { KeyRing } from "./key-ring.ts";
import { type AlipayKeys, singleKey } from "./keys.ts";
import { type NoticeVerification, verifyNotice } from "./notice.ts";
import { orderString, pageForm, pageUrl } from "./page.ts";
import { type ReturnVerification, verifyReturn } from "./return-url.ts";
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

  constructor(config: AlipayConfig, runtime: ProviderRuntime) {
    this.#config = config;
    this.#signer = new RequestSigner(config);
    this.#transport = new AlipayTransport(config, this.#signer, runtime);
    this.#keys = config.certificates
      ? new KeyRing(config.certificates, (sn, timing) => this.#transport.downloadCertificate(sn, timing))
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
  verifyNotice(body: Uint8Array, now: number): Promise<NoticeVerification> {
    return verifyNotice(body, (sn) => this.#keys.find(sn, "notice", callbackTiming(now)));
  }

  /** Verifies what a browser came back with: the query of a return_url, with or without the address before it. */
  verifyReturn(query: string, now: number): Promise<ReturnVerification> {
    return verifyReturn(query, (sn) => this.#keys.find(sn, "notice", callbackTiming(now)));
  }

  /** Verifies what an application's SDK handed back. Even when it verifies, it is no proof of payment. */
  verifyAppResult(text: string, now: number): Promise<AppResultVerification> {
    return verifyAppResult(text, (sn) => this.#keys.find(sn, "notice", callbackTiming(now)));
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
}

function callbackTiming(now: number): Timing {
  return { now: () => now, signal: AbortSignal.timeout(DOWNLOAD_MS) };
}
