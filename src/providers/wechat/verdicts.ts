/** Verdicts on callbacks. */
import type { CallbackEvent, CallbackVerdict, VerificationFailure } from "../callback.ts";

export function accept(event: CallbackEvent): CallbackVerdict {
  return { verified: true, event };
}

/** @param detail for the operator; never holds what the callback said */
export function refuse(reason: VerificationFailure, detail: string): CallbackVerdict {
  return { verified: false, reason, detail };
}
