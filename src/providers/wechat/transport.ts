/** Requests on their way to WeChat Pay: signed for one merchant, sent, sent again where that helps. */
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importPrivateKey } from "../../crypto/rsa.ts";
import { exchange, type HttpRequest, openExchange, type ProviderRuntime, randomBytes, readReply } from "../exchange.ts";
import { persist, type Sends } from "../persist.ts";
import { requestIdOf } from "../trouble.ts";
import { authorize, makeNonce } from "./authorization.ts";
import type { FailedReply, Timing, VerifiedReply, WechatCall, WechatReply } from "./call.ts";
import type { WechatPayConfig } from "./config.ts";
import { readError } from "./error-reply.ts";
import { wechatRecord } from "./record.ts";
import { isTrouble, wechatTrouble } from "./trouble.ts";
import type { SignedMessage, Verification } from "./verification.ts";

/** An answer that is read as it comes in. */
export interface StreamedReply {
  readonly kind: "success";
  readonly stream: ReadableStream<Uint8Array>;
}

/** Where a call goes, and where it goes when that can't be reached. */
interface Route {
  readonly address: string;
  readonly backup?: string | undefined;
}

/** WeChat Pay spoils no signature of a repeat, so once is enough. Only another address is worth a broken connection. */
const REPEATS = { server: 2, unverified: 1 };

type Verify = (message: SignedMessage) => Promise<Verification>;

export class WechatTransport {
  /** The merchant's private key. */
  readonly signingKey: () => Promise<CryptoKey>;
  readonly #config: WechatPayConfig;
  readonly #runtime: ProviderRuntime;

  constructor(config: WechatPayConfig, runtime: ProviderRuntime) {
    this.#config = config;
    this.#runtime = runtime;
    this.signingKey = lazy(() => importPrivateKey(config.privateKeyPem, "WECHAT_API_CLIENT_KEY"));
  }

  /** Sends a call. A 2xx counts only once `verify` has verified it; a request merely accepted (202) is no success. */
  call(call: WechatCall, timing: Timing, verify: Verify): Promise<WechatReply> {
    return this.#persist(call, this.#routeOf(call), timing, async (address): Promise<VerifiedReply | FailedReply> => {
      const reply = await exchange(this.#runtime.fetch, await this.#signed(call, address, timing), timing.signal);
      if (reply.kind === "unknown") return reply;
      const { status, body } = reply;
      if (!isSuccess(status)) return readError(reply);
      const verification = await verify(reply);
      if (verification.verified) return { kind: "success", status, body };
      const requestId = requestIdOf(reply.headers, "Request-ID");
      return { kind: "unknown", cause: "unverified", message: verification.detail, status, requestId };
    });
  }

  /** Fetches what a signed reply gave the address of. Nobody signs it: the reply said what it must hash to. */
  fetchFile(url: URL, timing: Timing): Promise<(StreamedReply | FailedReply) & Sends> {
    const call: WechatCall = { method: "GET", path: url.pathname + url.search };
    const route = { address: url.origin };
    return this.#persist(call, route, timing, async (address): Promise<StreamedReply | FailedReply> => {
      const opened = await openExchange(this.#runtime.fetch, await this.#signed(call, address, timing), timing.signal);
      if (opened.kind === "unknown") return opened;
      const { response } = opened;
      if (isSuccess(response.status)) return { kind: "success", stream: response.body ?? new Blob().stream() };
      const reply = await readReply(response, timing.signal);
      return reply.kind === "unknown" ? reply : readError(reply);
    });
  }

  /** Sends until there is an answer that counts, to the backup address after a broken connection; reports what does not. */
  #persist<S extends VerifiedReply | StreamedReply>(
    call: WechatCall,
    route: Route,
    timing: Timing,
    send: (address: string) => Promise<S | FailedReply>,
  ): Promise<(S | FailedReply) & Sends> {
    const { report = this.#runtime.report, record = this.#runtime.record } = timing;
    const repeats = route.backup === undefined ? REPEATS : { ...REPEATS, network: 1 };
    let { address } = route;
    return persist(repeats, timing.signal, async (sends, before) => {
      if (before === "network") address = route.backup ?? address;
      const sentAt = timing.now();
      const reply = await send(address);
      record?.(wechatRecord(call, reply, sentAt, timing.now()));
      if (reply.kind !== "success" && isTrouble(call, reply)) report?.(wechatTrouble(call, reply, sends));
      return reply;
    });
  }

  /** A proxy has the listed address, its stand-in would not. */
  #routeOf(call: WechatCall): Route {
    const { baseUrl, backupUrl, proxyUrl } = this.#config;
    if (call.listedAddress && proxyUrl !== undefined) return { address: proxyUrl };
    return { address: baseUrl, backup: backupUrl };
  }

  /**
   * A request with all its headers, dated now and with a nonce of its own. The signature covers path and query as
   * WeChat Pay gets them: neither the host nor a path of a proxy's own.
   */
  async #signed(call: WechatCall, address: string, timing: Timing): Promise<HttpRequest> {
    const { mchId, serialNo, publicKey } = this.#config;
    const target = new URL(call.path, address);
    const signed = {
      method: call.method,
      pathAndQuery: target.pathname + target.search,
      timestamp: Math.floor(timing.now() / 1000),
      nonce: makeNonce(this.#runtime.random ?? randomBytes),
      body: call.body ?? "",
    };
    const serial = call.encryptedFor ?? publicKey?.id;
    return {
      method: call.method,
      url: address.replace(/\/+$/, "") + signed.pathAndQuery,
      headers: {
        Accept: "application/json",
        Authorization: await authorize(signed, { mchId, serialNo, key: await this.signingKey() }),
        ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(serial === undefined ? {} : { "Wechatpay-Serial": serial }),
      },
      ...(call.body === undefined ? {} : { body: call.body }),
    };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300 && status !== 202;
}
