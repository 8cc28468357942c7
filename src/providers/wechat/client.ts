/** Signed calls to WeChat Pay V3 and their verified replies. */
import * as z from "zod";
import { importAeadKey } from "../../crypto/aead.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importPrivateKey, importPublicKey } from "../../crypto/rsa.ts";
import { exchange, type HttpReply, type ProviderRuntime, randomBytes } from "../exchange.ts";
import { readJson } from "../json.ts";
import type { ProviderError } from "../outcomes.ts";
import type { CallContext, UnknownCause } from "../provider.ts";
import { authorize, makeNonce } from "./authorization.ts";
import { CERTIFICATES_PATH, type PlatformKey, readPlatformKeys } from "./certificates.ts";
import type { WechatPayConfig } from "./config.ts";
import { KeyRing } from "./key-ring.ts";
import { type SignedMessage, type Verification, verifyMessage } from "./verification.ts";

/** How long a callback may wait for certificates; WeChat Pay wants its answer within five seconds. */
const CALLBACK_DOWNLOAD_MS = 2500;

/** A call. `path` includes the query, percent-encoded; `body` is sent and signed as it is. */
interface WechatCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** A verified success, an error (never signed, so proof of nothing), or silence. */
export type WechatReply =
  | { readonly kind: "success"; readonly status: number; readonly body: Bytes }
  | { readonly kind: "error"; readonly status: number; readonly error: ProviderError }
  | { readonly kind: "unknown"; readonly cause: UnknownCause; readonly message: string };

type Timing = Pick<CallContext, "signal" | "now">;

const errorBody = z.object({ code: z.string(), message: z.string().optional() });

/** Speaks for one merchant. Holds keys and the key ring, nothing about trades. */
export class WechatClient {
  readonly apiV3Key: () => Promise<CryptoKey>;
  readonly #config: WechatPayConfig;
  readonly #runtime: ProviderRuntime;
  readonly #privateKey: () => Promise<CryptoKey>;
  readonly #keyRing: KeyRing;

  constructor(config: WechatPayConfig, runtime: ProviderRuntime) {
    const { publicKey } = config;
    this.#config = config;
    this.#runtime = runtime;
    this.apiV3Key = lazy(() => importAeadKey(config.apiV3Key, "WECHAT_API_V3_KEY"));
    this.#privateKey = lazy(() => importPrivateKey(config.privateKeyPem, "WECHAT_API_CLIENT_KEY"));
    this.#keyRing = new KeyRing(
      publicKey && { id: publicKey.id, load: lazy(() => importPublicKey(publicKey.pem, "WECHAT_PUBLIC_KEY")) },
    );
  }

  /** Sends a signed request. A 2xx counts only once its signature has been verified. */
  async call(request: WechatCall, timing: Timing): Promise<WechatReply> {
    const reply = await this.#send(request, timing);
    if (reply.kind === "unknown" || !isSuccess(reply.status)) return readFailure(reply);
    const verification = await this.#verify(reply, timing);
    if (!verification.verified) return { kind: "unknown", cause: "unverified", message: verification.detail };
    return { kind: "success", status: reply.status, body: reply.body };
  }

  /** Verifies a callback's freshness and signature. `now` is in milliseconds. */
  verifyCallback(message: SignedMessage, now: number): Promise<Verification> {
    return this.#verify(message, { now: () => now, signal: AbortSignal.timeout(CALLBACK_DOWNLOAD_MS) });
  }

  #verify(message: SignedMessage, timing: Timing): Promise<Verification> {
    const now = timing.now();
    const download = () => this.#downloadKeys(timing);
    return verifyMessage(message, now, (serial) => this.#keyRing.find(serial, now, download));
  }

  async #send(request: WechatCall, timing: Timing): Promise<HttpReply> {
    const { mchId, serialNo, publicKey } = this.#config;
    const url = new URL(this.#config.baseUrl.replace(/\/+$/, "") + request.path);
    const signed = {
      method: request.method,
      pathAndQuery: url.pathname + url.search,
      timestamp: Math.floor(timing.now() / 1000),
      nonce: makeNonce(this.#runtime.random ?? randomBytes),
      body: request.body ?? "",
    };
    const headers = {
      Accept: "application/json",
      Authorization: await authorize(signed, { mchId, serialNo, key: await this.#privateKey() }),
      ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(publicKey ? { "Wechatpay-Serial": publicKey.id } : {}),
    };
    const { method, body } = request;
    const sent = { method, url: url.href, headers, ...(body === undefined ? {} : { body }) };
    return exchange(this.#runtime.fetch, sent, timing.signal);
  }

  /**
   * Fetches the platform certificates. The list is authenticated by its encryption, and its reply must carry the
   * signature of one of the keys in it or of one already known.
   */
  async #downloadKeys(timing: Timing): Promise<readonly PlatformKey[] | undefined> {
    const reply = await this.#send({ method: "GET", path: CERTIFICATES_PATH }, timing);
    if (reply.kind === "unknown") return undefined;
    if (!isSuccess(reply.status)) return hasNoCertificates(reply.status, reply.body) ? [] : undefined;
    const keys = await readPlatformKeys(reply.body, await this.apiV3Key());
    if (!keys) return undefined;
    const listed = (serial: string) => keys.find((key) => key.serial === serial)?.key;
    const now = timing.now();
    const verification = await verifyMessage(
      reply,
      now,
      async (serial) => listed(serial) ?? (await this.#keyRing.findKnown(serial, now)),
    );
    return verification.verified ? keys : undefined;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What merchants are told who have the public key only. */
function hasNoCertificates(status: number, body: Uint8Array): boolean {
  return status === 404 && readJson(body, errorBody)?.code === "RESOURCE_NOT_EXISTS";
}

/** Errors by status: a server's fault says nothing, nor does a redirect or an error without a code. */
function readFailure(reply: HttpReply): WechatReply {
  if (reply.kind === "unknown") return reply;
  const { status } = reply;
  if (status >= 500) return { kind: "unknown", cause: "server", message: `HTTP ${status}` };
  const body = readJson(reply.body, errorBody);
  if (status < 400 || (!body && status !== 429)) {
    return { kind: "unknown", cause: "unlisted", message: `HTTP ${status} without a code` };
  }
  return { kind: "error", status, error: { code: body?.code ?? "429", message: body?.message ?? "" } };
}
