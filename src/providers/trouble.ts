/** What whoever runs the service is told when a provider does not do what it was asked. */
import type { ProviderName } from "./methods.ts";
import type { UnknownCause } from "./provider.ts";

/** One send of a call that was no success. Holds no body, no query, and no number of a trade or a person. */
export interface ProviderTrouble {
  readonly provider: ProviderName;
  /** Method and path, with `*` for the numbers in it. */
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

/** Names of fields and codes of errors, the long words that may stay. */
const HARMLESS = /^(?:[a-z_/]+|[A-Z_]+)$/;

/** Masks what could be a number of somebody's: digits in a row, and long words that are no field's name. */
export function masked(message: string): string {
  return message
    .replaceAll(/[\w|*@.+=/-]{13,}/g, (word) => (HARMLESS.test(word) ? word : "***"))
    .replaceAll(/\d{5,}/g, "***");
}
