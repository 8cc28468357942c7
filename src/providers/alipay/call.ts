/** A call to Alipay's gateway, and what it ends in. */

import type { CallContext } from "../call.ts";
import type { Silence } from "../exchange.ts";
import type { ProviderError } from "../outcome.ts";

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

/** What bounds a call in all, its repeats included, and what dates it. */
export type Timing = Pick<CallContext, "signal" | "now">;

/** A node whose signature has been verified, decrypted if it came encrypted. */
export interface VerifiedReply {
  readonly kind: "success";
  /** Its `code` is 10000; of `alipay.trade.pay` also 10003: the buyer has yet to confirm. */
  readonly node: unknown;
}

/**
 * An error, or nothing certain. Errors are verified too: one that is unsigned or wrongly signed is `unknown`
 * (`unverified`), and its codes are in the message only. The exception is HTTP 429, which counts as 40005.
 */
export type FailedReply =
  | { readonly kind: "error"; readonly gatewayCode: string; readonly error: ProviderError }
  | Silence;

/** How often a call was sent: 1 or more. From the second time on an error may be an echo of the first. */
export interface Sends {
  readonly sends: number;
}

/** What a call ends in. */
export type AlipayReply = (VerifiedReply | FailedReply) & Sends;
