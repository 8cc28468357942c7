import { METHODS } from "./methods.ts";
import type { AttemptRef } from "./provider.ts";

/**
 * Until when a credential made now can be used: its own lifetime, or the attempt's deadline when that comes first.
 * @param now milliseconds since the epoch
 */
export function credentialEnd(attempt: Pick<AttemptRef, "method" | "expiresAt">, now: number): Date {
  const seconds = METHODS[attempt.method].credentialSeconds;
  const end = seconds === null ? Number.POSITIVE_INFINITY : now + seconds * 1000;
  return new Date(Math.min(end, attempt.expiresAt.getTime()));
}
