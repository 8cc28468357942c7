/** What callers of the standalone classes say of a call. */
import type { CallContext } from "./call.ts";

/** What bounds and dates a call: ten seconds from now, for the first time, unless said otherwise. */
export type CallOptions = Partial<CallContext>;

const DEFAULT_TIMEOUT_MS = 10_000;

export function callContext(options: CallOptions): CallContext {
  return {
    signal: options.signal ?? AbortSignal.timeout(DEFAULT_TIMEOUT_MS),
    now: options.now ?? Date.now,
    firstSend: options.firstSend ?? true,
    ...(options.report && { report: options.report }),
    ...(options.record && { record: options.record }),
  };
}
