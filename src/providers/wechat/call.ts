/** A call to WeChat Pay, and what it ends in. */
import type { Bytes } from "../../crypto/bytes.ts";
import type { CallContext } from "../call.ts";
import type { Silence } from "../exchange.ts";
import type { ProviderError } from "../outcome.ts";
import type { Sends } from "../persist.ts";

/** A call. `body` is sent and signed as it is. */
export interface WechatCall {
  readonly method: "GET" | "POST";
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly body?: string;
  /** Serial of the key that the body's fields are encrypted with. */
  readonly encryptedFor?: string;
  /** WeChat Pay takes this call from listed addresses only. */
  readonly listedAddress?: boolean;
}

/** What bounds a call in all, its repeats included, what dates it, and who is told of its sends. */
export type Timing = Pick<CallContext, "signal" | "now" | "report" | "record">;

/** An error (never signed, so proof of nothing), or silence with what was said all the same. */
export type FailedReply = (
  | { readonly kind: "error"; readonly status: number; readonly error: ProviderError }
  | (Silence & { readonly status?: number; readonly error?: ProviderError })
) & {
  /** The `Request-ID` header, by which WeChat Pay's support finds the request. */
  readonly requestId?: string | undefined;
};

/** A success whose signature has been verified. */
export interface VerifiedReply {
  readonly kind: "success";
  readonly status: number;
  readonly body: Bytes;
}

/** What a call ends in. */
export type WechatReply = (VerifiedReply | FailedReply) & Sends;
