/** What callers of the standalone class say of a new trade, and of a call. */
import type { Fen } from "../../money.ts";
import type { H5Type, WechatOptions } from "../details.ts";
import type { CallContext } from "../provider.ts";
import type { WechatDetails } from "./options.ts";
import type { TradeDraft } from "./trades.ts";

/**
 * A new trade. To get a fresh credential for it, or after an unknown answer, say exactly the same again: another
 * value of any member under the same number is refused.
 */
export interface NewTrade extends WechatOptions {
  /** 6 to 32 of `0-9 A-Z a-z _ - | *`, unique for the merchant. */
  readonly outTradeNo: string;
  /** Shown to the payer. Characters that WeChat Pay does not take are left out, and what is too long is cut. */
  readonly description: string;
  readonly amount: Fen;
  /** Until when it can be paid, at most seven days ahead. */
  readonly expiresAt: Date;
}

/** A trade that is paid inside of WeChat. */
export interface PayerTrade extends NewTrade {
  /** The payer, as the application that the trade belongs to knows them. */
  readonly openid: string;
}

/** A trade that is paid from a browser outside of WeChat. */
export interface H5Trade extends NewTrade {
  readonly h5Type: H5Type;
  readonly payerClientIp: string;
  readonly appName?: string | undefined;
  readonly appUrl?: string | undefined;
  readonly bundleId?: string | undefined;
  readonly packageName?: string | undefined;
  /** Where the browser goes afterwards: https, of a domain registered for H5. No part of the trade. */
  readonly returnUrl?: string | undefined;
}

/** What bounds and dates a call: ten seconds from now, for the first time, unless said otherwise. */
export type CallOptions = Partial<CallContext>;

const DEFAULT_TIMEOUT_MS = 10_000;

export function callContext(options: CallOptions): CallContext {
  return {
    signal: options.signal ?? AbortSignal.timeout(DEFAULT_TIMEOUT_MS),
    now: options.now ?? Date.now,
    firstSend: options.firstSend ?? true,
    ...(options.report && { report: options.report }),
  };
}

export function draftOf({ outTradeNo, description, amount, expiresAt }: NewTrade, details: WechatDetails): TradeDraft {
  return { outTradeNo, orderId: outTradeNo, subject: description, amount, expiresAt, details };
}
