/** Signed calls to Alipay's gateway (protocol v2) and their verified replies. */
import * as z from "zod";
import { type Bytes, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importPrivateKey, importPublicKey, signSha256, verifySha256 } from "../../crypto/rsa.ts";
import { formatBeijing } from "../beijing-time.ts";
import { exchange, type HttpRequest, type ProviderRuntime } from "../exchange.ts";
import { type ProviderError, shortened } from "../outcomes.ts";
import type { CallContext, UnknownCause } from "../provider.ts";
import type { AlipayConfig } from "./config.ts";
import { type Envelope, parseMember, readEnvelope } from "./envelope.ts";
import { requestContent } from "./signature.ts";

const SUCCESS = "10000";
/** The gateway or what is behind it failed; whether the call took effect is not known. */
const UNAVAILABLE = "20000";
/** Too many calls of this application. */
export const RATE_LIMITED = "40005";
/** Gateway errors may come under this name instead of the method's. */
const ERROR_NODE = "error_response";

/** A call. `bizContent` is sent and signed as it is. */
interface AlipayCall {
  /** Such as `alipay.trade.query`. */
  readonly method: string;
  readonly bizContent: string;
  readonly notifyUrl?: string;
}

/** A verified success, a verified error, or nothing certain. */
export type AlipayReply =
  | { readonly kind: "success"; readonly node: unknown }
  | { readonly kind: "error"; readonly gatewayCode: string; readonly error: ProviderError }
  | { readonly kind: "unknown"; readonly cause: UnknownCause; readonly message: string };

const nodeCodes = z.object({
  code: z.string(),
  msg: z.string().optional(),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
});

/** Speaks for one application. Holds its keys, nothing about trades. */
export class AlipayClient {
  readonly publicKey: () => Promise<CryptoKey>;
  readonly #config: AlipayConfig;
  readonly #runtime: ProviderRuntime;
  readonly #privateKey: () => Promise<CryptoKey>;

  constructor(config: AlipayConfig, runtime: ProviderRuntime) {
    this.#config = config;
    this.#runtime = runtime;
    this.publicKey = lazy(() => importPublicKey(config.publicKeyPem, "ALIPAY_PUBLIC_KEY"));
    this.#privateKey = lazy(() => importPrivateKey(config.privateKeyPem, "ALIPAY_PRIVATE_KEY"));
  }

  /** Sends a signed request. Neither a success nor an error counts before its signature has been verified. */
  async call(request: AlipayCall, call: Pick<CallContext, "signal" | "now">): Promise<AlipayReply> {
    const sent = await this.#signedRequest(request, call.now());
    const reply = await exchange(this.#runtime.fetch, sent, call.signal);
    if (reply.kind === "unknown") return reply;
    if (reply.status !== 200) return httpFailure(reply.status);
    const envelope = readEnvelope(reply.body);
    if (!envelope) return unknownReply("unverified", "the reply is not a JSON object, or has a member twice");
    return this.#read(envelope, nodeName(request.method));
  }

  async #read(envelope: Envelope, name: string): Promise<AlipayReply> {
    const raw = envelope.members.get(name) ?? envelope.members.get(ERROR_NODE);
    if (!raw) return unknownReply("unverified", `the reply has no ${name}`);
    const verified = await verifiedNode(raw, envelope, await this.publicKey());
    const node = parseMember(verified ?? raw, envelope.charset);
    const codes = nodeCodes.safeParse(node).data;
    if (!verified) return unknownReply("unverified", unsignedMessage(codes));
    if (!codes) return unknownReply("unlisted", "the reply has no code");
    if (codes.code === SUCCESS && envelope.members.has(name)) return { kind: "success", node };
    if (codes.code === UNAVAILABLE) return unknownReply("server", describe(codes));
    const error = { code: codes.sub_code ?? codes.code, message: codes.sub_msg ?? codes.msg ?? "" };
    return { kind: "error", gatewayCode: codes.code, error };
  }

  async #signedRequest(request: AlipayCall, now: number): Promise<HttpRequest> {
    const shared = {
      app_id: this.#config.appId,
      method: request.method,
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: formatBeijing(new Date(now)),
      version: "1.0",
      ...(request.notifyUrl === undefined ? {} : { notify_url: request.notifyUrl }),
    };
    const content = requestContent({ ...shared, biz_content: request.bizContent });
    const sign = await signSha256(await this.#privateKey(), content);
    const url = new URL(this.#config.gatewayUrl);
    for (const [name, value] of Object.entries({ ...shared, sign })) url.searchParams.set(name, value);
    return {
      method: "POST",
      url: url.href,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
      },
      body: new URLSearchParams({ biz_content: request.bizContent }).toString(),
    };
  }
}

/** The gateway answers errors of its own with 200 as well; another status comes from what stands before it. */
function httpFailure(status: number): AlipayReply {
  if (status === 429) return { kind: "error", gatewayCode: RATE_LIMITED, error: { code: "429", message: "" } };
  return unknownReply(status >= 500 ? "server" : "unlisted", `HTTP ${status}`);
}

/** The name of a method's node: `alipay.trade.query` answers in `alipay_trade_query_response`. */
function nodeName(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

/**
 * The node's bytes in the form that the envelope's signature covers, or undefined. Alipay escapes slashes and signs
 * what it sends; some of its systems sign the text before escaping, which its own SDKs accept too.
 */
async function verifiedNode(raw: Bytes, envelope: Envelope, key: CryptoKey): Promise<Bytes | undefined> {
  const member = envelope.members.get("sign");
  const sign = member && parseMember(member, envelope.charset);
  if (typeof sign !== "string" || sign === "") return undefined;
  if (await verifySha256(key, raw, sign)) return raw;
  if (envelope.charset !== "utf-8") return undefined;
  const plain = utf8(new TextDecoder().decode(raw).replaceAll("\\/", "/"));
  return plain.length < raw.length && (await verifySha256(key, plain, sign)) ? plain : undefined;
}

type Codes = z.output<typeof nodeCodes>;

function unsignedMessage(codes: Codes | undefined): string {
  return codes ? `the reply's signature is missing or wrong (${describe(codes)})` : "the reply's signature is wrong";
}

function describe(codes: Codes): string {
  return [codes.code, codes.sub_code, shortened(codes.sub_msg ?? codes.msg ?? "")].filter(Boolean).join(" ");
}

function unknownReply(cause: UnknownCause, message: string): AlipayReply {
  return { kind: "unknown", cause, message };
}
