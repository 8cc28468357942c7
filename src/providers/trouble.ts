/** What whoever runs the service is told when a provider does not do what it was asked. */
import type { ProviderName } from "./methods.ts";
import { type ProviderError, shortened, type UnknownCause } from "./outcome.ts";

/** One send of a call that was no success. Holds no body, no query, and no number of a trade or a person. */
export interface ProviderTrouble {
  readonly provider: ProviderName;
  /** Method and path, with `*` for the numbers in it; of Alipay the gateway's method, or `bill_download_url`. */
  readonly call: string;
  /** Which send of the call it was: 1 or more. */
  readonly sends: number;
  /** `error` when the provider said why, else why nothing certain is known. */
  readonly cause: UnknownCause | "error";
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The provider's error code. */
  readonly code: string | undefined;
  /** The provider's words, masked and shortened, or ours when it said nothing. */
  readonly message: string;
  /** The name that the provider gave the request: what its support asks for. */
  readonly providerRequestId: string | undefined;
}

/** Takes reports. Must not throw. */
export type ReportTrouble = (trouble: ProviderTrouble) => void;

/** A send that was no success, as a provider's client knows it: what was said is there even where it proves nothing. */
export type FailedSend = (
  | { readonly kind: "error"; readonly error: ProviderError }
  | {
      readonly kind: "unknown";
      readonly cause: UnknownCause;
      readonly message: string;
      readonly error?: ProviderError | undefined;
    }
) & { readonly status?: number | undefined; readonly requestId?: string | undefined };

/**
 * What is reported of a failed send.
 * @param codes what the provider's codes look like; anything else in their place could be somebody's data
 */
export function troubleOf(
  send: Pick<ProviderTrouble, "provider" | "call" | "sends">,
  reply: FailedSend,
  codes: RegExp,
): ProviderTrouble {
  const { error } = reply;
  const own = reply.kind === "unknown" ? reply.message : "";
  return {
    ...send,
    cause: reply.kind === "unknown" ? reply.cause : "error",
    status: reply.status,
    code: error && codes.test(error.code) ? error.code : undefined,
    message: shortened(error?.message ? masked(error.message) : own),
    providerRequestId: reply.requestId,
  };
}

/** A provider's name for a request. Other parties may answer in its place: only what looks like a name is taken. */
export function requestIdOf(headers: Headers, name: "Request-ID" | "trace_id"): string | undefined {
  const id = headers.get(name);
  return id !== null && /^[\w.-]{1,128}$/.test(id) ? id : undefined;
}

/** Names of fields and codes of errors, the long words that may stay. */
const HARMLESS = /^(?:[a-z_/]+|[A-Z_]+)$/;

/** Masks what could be a number of somebody's: digits in a row, and long words that are no field's name. */
export function masked(message: string): string {
  return message
    .replaceAll(/[\w|*@.+=/-]{13,}/g, (word) => (HARMLESS.test(word) ? word : "***"))
    .replaceAll(/\d{5,}/g, "***");
}
