/** A call to Alipay's gateway, and what it ends in. */
import type { CallContext } from "../call.ts";
import type { Silence } from "../exchange.ts";
import type { ProviderError } from "../outcome.ts";
import type { Sends } from "../persist.ts";

/** What is signed, for the gateway or for a browser or an application to hand in. */
export interface AlipayRequest {
  /** Such as `alipay.trade.query`. */
  readonly method: string;
  /** JSON, sent and signed as it is, or encrypted where the merchant has turned that on. */
  readonly bizContent: string;
  readonly notifyUrl?: string | undefined;
  /** Only pages have one. */
  readonly returnUrl?: string | undefined;
}

/** A call. */
export interface AlipayCall extends AlipayRequest {
  /** Set for a call that must not be sent again without asking first. */
  readonly once?: true | undefined;
}

/** What bounds a call in all, its repeats included, what dates it, and who is told of its sends. */
export type Timing = Pick<CallContext, "signal" | "now" | "report" | "record">;

/** A node whose signature has been verified, decrypted if it came encrypted. */
export interface VerifiedReply {
  readonly kind: "success";
  /** Its `code` is 10000; of `alipay.trade.pay` also 10003: the buyer has yet to confirm. */
  readonly node: unknown;
}

/**
 * An error, or nothing certain with what was said all the same. Errors are verified too: one that is unsigned or wrongly
 * signed is `unknown` (`unverified`). The exception is HTTP 429, which counts as 40005.
 */
export type FailedReply = (
  | { readonly kind: "error"; readonly gatewayCode: string; readonly error: ProviderError }
  | (Silence & { readonly error?: ProviderError | undefined })
) & {
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
  /** The `trace_id` header, by which Alipay's support finds the request. */
  readonly requestId?: string | undefined;
};

/** What a call ends in. */
export type AlipayReply = (VerifiedReply | FailedReply) & Sends;
