/** Requests on their way to Alipay: signed for one application, sent, sent again where that helps. */
import type { Bytes } from "../../crypto/bytes.ts";
import type { Certificate } from "../../crypto/certificate.ts";
import { exchange, openExchange, type ProviderRuntime } from "../exchange.ts";
import { persist, type Repeats, type Sends } from "../persist.ts";
import { requestIdOf } from "../trouble.ts";
import type { AlipayCall, AlipayReply, AlipayRequest, FailedReply, Timing } from "./call.ts";
import { CERTIFICATE_METHOD, readDownload } from "./certificate-download.ts";
import type { AlipayConfig } from "./config.ts";
import type { AlipayKeys } from "./keys.ts";
import { gatewayAddress } from "./page.ts";
import { alipayRecord } from "./record.ts";
import { httpFailure, notNow, RATE_LIMITED, readReply } from "./reply.ts";
import type { RequestSigner } from "./signed-request.ts";
import { alipayTrouble, isTrouble } from "./trouble.ts";

/** Repeats of a number are the same payment, refund or query to Alipay. */
const REPEATS: Repeats = { network: 1, server: 2 };
const NEVER: Repeats = {};

/** An answer that is read as it comes in. */
interface StreamedReply {
  readonly kind: "success";
  readonly stream: ReadableStream<Uint8Array>;
}

/** Alipay gives bills out over plain HTTP, from hosts of these. */
const ALIPAY_DOMAINS = /\.(?:alipay|alipaydev)\.com$/;

type Succeeded = { readonly kind: "success" };

export class AlipayTransport {
  readonly #gatewayUrl: string;
  readonly #signer: RequestSigner;
  readonly #runtime: ProviderRuntime;

  constructor(config: Pick<AlipayConfig, "gatewayUrl">, signer: RequestSigner, runtime: ProviderRuntime) {
    this.#gatewayUrl = config.gatewayUrl;
    this.#signer = signer;
    this.#runtime = runtime;
  }

  /** Sends a call; each repeat is dated and signed anew. What does not verify by one of the keys does not count. */
  call(call: AlipayCall, timing: Timing, keys: AlipayKeys): Promise<AlipayReply> {
    const { encryptKey } = this.#signer;
    const findKeys = (sn: string | undefined) => keys.find(sn, "reply", timing);
    const record = timing.record ?? this.#runtime.record;
    return this.#persist(call.method, call.once ? NEVER : REPEATS, timing, async () => {
      const sentAt = timing.now();
      const reply = await this.#post(call, timing, (body) => readReply(body, call.method, { findKeys, encryptKey }));
      record?.(alipayRecord(call, reply, sentAt, timing.now()));
      return reply;
    });
  }

  /**
   * Asks for one of Alipay's certificates by its SN. Nothing verifies this reply: the certificates must not be used
   * before it is known who issued them. `none`: there is no such certificate. Undefined: no usable answer.
   */
  async downloadCertificate(sn: string, timing: Timing): Promise<readonly Certificate[] | "none" | undefined> {
    const request = {
      method: CERTIFICATE_METHOD,
      bizContent: JSON.stringify({ alipay_cert_sn: sn }),
      plain: true,
    } as const;
    const reply = await this.#persist(CERTIFICATE_METHOD, NEVER, timing, () =>
      this.#post(request, timing, readDownload),
    );
    if (reply.kind === "success") return reply.certificates;
    return reply.kind === "error" && reply.gatewayCode !== RATE_LIMITED ? "none" : undefined;
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
    return this.#persist("bill_download_url", REPEATS, timing, async (): Promise<StreamedReply | FailedReply> => {
      const opened = await openExchange(
        this.#runtime.fetch,
        { method: "GET", url: url.href, headers: {} },
        timing.signal,
      );
      if (opened.kind === "unknown") return opened;
      const { status, body } = opened.response;
      if (status === 200) return { kind: "success", stream: body ?? new Blob().stream() };
      await body?.cancel();
      return status >= 400 && status < 500 ? notNow(status) : httpFailure(status);
    });
  }

  /** Sends until there is an answer that counts, and reports each one that does not. */
  #persist<S extends Succeeded>(
    call: string,
    repeats: Repeats,
    timing: Timing,
    send: () => Promise<S | FailedReply>,
  ): Promise<(S | FailedReply) & Sends> {
    const report = timing.report ?? this.#runtime.report;
    return persist(repeats, timing.signal, async (sends) => {
      const reply = await send();
      if (reply.kind !== "success" && isTrouble(call, reply)) report?.(alipayTrouble(call, reply, sends));
      return reply;
    });
  }

  /** Signs a request as of now, sends it, and reads the answer: if no success, with what Alipay's support finds it by. */
  async #post<S extends Succeeded>(
    request: AlipayRequest & { readonly plain?: true },
    timing: Timing,
    read: (body: Bytes) => Promise<S | FailedReply> | S | FailedReply,
  ): Promise<S | FailedReply> {
    const signed = await this.#signer.sign(request, timing.now());
    const sent = {
      method: "POST",
      url: gatewayAddress(this.#gatewayUrl, signed),
      headers: {
        Accept: "application/json",
        "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
      },
      body: new URLSearchParams(signed.content).toString(),
    } as const;
    const reply = await exchange(this.#runtime.fetch, sent, timing.signal);
    if (reply.kind === "unknown") return reply;
    const { status, headers } = reply;
    const answer = status === 200 ? await read(reply.body) : httpFailure(status);
    return answer.kind === "success" ? answer : { ...answer, status, requestId: requestIdOf(headers, "trace_id") };
  }
}
