/** What whoever runs the service may keep of each call to a provider. */
import type { ProviderName } from "./methods.ts";

/** One send of a call, with what came back. Request and response hold personal data: show none of it unredacted. */
export interface ProviderCall {
  readonly provider: ProviderName;
  /** Such as `query` or `refund`; of Alipay the gateway's method without `alipay.` before it. */
  readonly operation: string;
  /** The number that the call is about, "-" for none. */
  readonly number: string;
  /** The out_trade_no that the number belongs to, where request or response say it. */
  readonly outTradeNo: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly durationMs: number;
  /** HTTP status, when there was an answer and it is known. */
  readonly status: number | undefined;
  /** The provider's own code, where it gave one that looks like one. */
  readonly code: string | undefined;
  /** The members that were sent. */
  readonly request: unknown;
  /** The members that came back; `unknown` names the cause when nothing certain did. */
  readonly response: unknown;
}

/** Takes what is to be kept. Must not throw. */
export type RecordCall = (call: ProviderCall) => void;

/** The first of these members that is a number or text, as text. */
export function memberOf(value: unknown, ...names: readonly string[]): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const name of names) {
    const member: unknown = Reflect.get(value, name);
    if (typeof member === "string" && member !== "") return member;
  }
  return undefined;
}
