import type { RecordCall } from "./record.ts";
import type { ReportTrouble } from "./trouble.ts";

/** What bounds and times one provider call. */
export interface CallContext {
  /** Aborts when the time of the whole request for provider calls is used up. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Whether this is the first time this number is sent. After an unknown answer a refusal may be the echo of
   * a request that did take effect, so for a later send a provider answers `unknown` (`echo`) instead of `refused`.
   */
  readonly firstSend: boolean;
  /** Told of each send that is no success; without it, ProviderRuntime.report is. */
  readonly report?: ReportTrouble;
  /** Given each send with what came back; without it, ProviderRuntime.record is. */
  readonly record?: RecordCall;
}
