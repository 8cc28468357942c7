/** Requests on their way to Alipay: signed for one application, sent, sent again where that helps. */
import type { Certificate } from "../../crypto/certificate.ts";
import { exchange, type HttpReply, openExchange, type ProviderRuntime } from "../exchange.ts";
import type { AlipayCall, AlipayReply, FailedReply, Sends, Timing } from "./call.ts";
import { CERTIFICATE_METHOD, readDownload } from "./certificate-download.ts";
import type { AlipayConfig } from "./config.ts";
import type { AlipayKeys } from "./keys.ts";
import { gatewayAddress } from "./page.ts";
import { persist } from "./persist.ts";
import { httpFailure, notNow, readReply } from "./reply.ts";
import type { RequestSigner, SignedRequest } from "./signed-request.ts";

/** An answer that is read as it comes in. */
interface StreamedReply {
  readonly kind: "success";
  readonly stream: ReadableStream<Uint8Array>;
}

/** Alipay gives bills out over plain HTTP, from hosts of these. */
const ALIPAY_DOMAINS = /\.(?:alipay|alipaydev)\.com$/;

export class AlipayTransport {
  readonly #gatewayUrl: string;
  readonly #signer: RequestSigner;
  readonly #fetch: typeof fetch;

  constructor(config: Pick<AlipayConfig, "gatewayUrl">, signer: RequestSigner, runtime: ProviderRuntime) {
    this.#gatewayUrl = config.gatewayUrl;
    this.#signer = signer;
    this.#fetch = runtime.fetch;
  }

  /** Sends a call; each repeat is dated and signed anew. What does not verify by one of the keys does not count. */
  call(call: AlipayCall, timing: Timing, keys: AlipayKeys): Promise<AlipayReply> {
    const { encryptKey } = this.#signer;
    const findKeys = (sn: string | undefined) => keys.find(sn, "reply", timing);
    const send = async () => {
      const reply = await this.#post(await this.#signer.sign(call, timing.now()), timing);
      if (reply.kind === "unknown") return reply;
      if (reply.status !== 200) return httpFailure(reply.status);
      return readReply(reply.body, call.method, { findKeys, encryptKey });
    };
    return call.once ? send().then((reply) => ({ ...reply, sends: 1 })) : persist(timing.signal, send);
  }

  /**
   * Asks for one of Alipay's certificates by its SN. Nothing verifies this reply: the certificates must not be used
   * before it is known who issued them. `none`: there is no such certificate. Undefined: no usable answer.
   */
  async downloadCertificate(sn: string, timing: Timing): Promise<readonly Certificate[] | "none" | undefined> {
    const bizContent = JSON.stringify({ alipay_cert_sn: sn });
    const request = await this.#signer.sign({ method: CERTIFICATE_METHOD, bizContent, plain: true }, timing.now());
    const reply = await this.#post(request, timing);
    return reply.kind === "answered" && reply.status === 200 ? readDownload(reply.body) : undefined;
  }

  /** Whether a file may be fetched from an address: by HTTPS, or from Alipay's hosts or the gateway's as it says. */
  mayFetch({ protocol, hostname }: URL): boolean {
    if (protocol === "https:") return true;
    const gateway = new URL(this.#gatewayUrl);
    const isGateway = gateway.protocol === "http:" && gateway.hostname === hostname;
    return protocol === "http:" && (isGateway || ALIPAY_DOMAINS.test(hostname));
  }

  /** Fetches a file. A refused address is one that has lapsed: it counts as `later`, since asking again gives another. */
  fetchFile(url: URL, timing: Timing): Promise<(StreamedReply | FailedReply) & Sends> {
    return persist(timing.signal, async (): Promise<StreamedReply | FailedReply> => {
      const opened = await openExchange(this.#fetch, { method: "GET", url: url.href, headers: {} }, timing.signal);
      if (opened.kind === "unknown") return opened;
      const { status, body } = opened.response;
      if (status === 200) return { kind: "success", stream: body ?? new Blob().stream() };
      await body?.cancel();
      return status >= 400 && status < 500 ? notNow(status) : httpFailure(status);
    });
  }

  #post(request: SignedRequest, timing: Timing): Promise<HttpReply> {
    const sent = {
      method: "POST",
      url: gatewayAddress(this.#gatewayUrl, request),
      headers: {
        Accept: "application/json",
        "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
      },
      body: new URLSearchParams(request.content).toString(),
    } as const;
    return exchange(this.#fetch, sent, timing.signal);
  }
}
