/** What a call came to, from tables of codes, the same way for every provider. */
import type { CallContext } from "./call.ts";

/**
 * A provider's answer. `refused` is a definite no, from a table of codes; `later` means the same call may
 * succeed another time, with the same number; `unknown` means the call may or may not have taken effect.
 * Only `refused` may ever free reserved money or fail an attempt.
 */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "later"; readonly code: string; readonly message: string }
  | { readonly kind: "unknown"; readonly cause: UnknownCause; readonly message: string };

/** Why nothing certain is known: no answer, a server fault, an answer that fails verification, or one not understood. */
export type UnknownCause = "timeout" | "network" | "server" | "unverified" | "unlisted" | "echo";

/**
 * What a code says about the call it answers: a definite no, not now, or that the number had already taken effect,
 * in which case only a query tells what became of it. A code in no table says nothing.
 */
export type CodeMeaning = "refused" | "later" | "echo";

const MAX_MESSAGE = 200;

/** An error that a provider answered with. */
export interface ProviderError {
  /** As the provider wrote it. */
  readonly code: string;
  readonly message: string;
}

/** Enough of a provider's message to act on: gateways echo whole requests in some. */
export function shortened(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}

/** Gives an error its meaning. For a later send of a number a refusal proves nothing: see CallContext.firstSend. */
export function errorOutcome(
  error: ProviderError,
  meaning: CodeMeaning | undefined,
  call: Pick<CallContext, "firstSend">,
): Outcome<never> {
  const { code } = error;
  const message = shortened(error.message);
  if (meaning === undefined) return unknown("unlisted", `${code}: ${message}`);
  if (meaning === "later") return { kind: "later", code, message };
  if (meaning === "echo" || !call.firstSend) return unknown("echo", `${code}: ${message}`);
  return { kind: "refused", code, message };
}

export function ok<T>(value: T): Outcome<T> {
  return { kind: "ok", value };
}

export function unknown(cause: UnknownCause, message: string): Extract<Outcome<never>, { kind: "unknown" }> {
  return { kind: "unknown", cause, message };
}
