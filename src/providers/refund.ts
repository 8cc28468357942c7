/** Refunds as a provider is asked for them and sees them. */
import type { Fen } from "../money.ts";

/** What a refund consists of, before it is put into a provider's words. */
export interface RefundDraft {
  readonly outRefundNo: string;
  readonly outTradeNo: string;
  /** What goes back now, and what the payment amounted to. */
  readonly amount: Fen;
  readonly total: Fen;
  readonly reason: string;
}

/** A refund as recorded: `request` is the exact text that `prepareRefund` made. */
export interface RefundRef {
  readonly outRefundNo: string;
  readonly outTradeNo: string;
  readonly amount: Fen;
  readonly request: string;
}

/** A refund that is asked about: one of ours with its amount, or one that the books may not know. */
export interface AskedRefund {
  readonly outRefundNo: string;
  readonly outTradeNo: string;
  readonly amount?: Fen | undefined;
}

export type RefundStatus = "processing" | "success" | "closed" | "abnormal";

/** A refund as the provider sees it now. `not_found` is only ever the answer of a verified query. */
export type RefundView =
  | {
      readonly status: RefundStatus;
      readonly providerRefundNo: string | null;
      /** What this refund gives back, where the provider says so. */
      readonly amount: Fen | null;
      readonly succeededAt: Date | null;
    }
  | { readonly status: "not_found" };

/** Rules of a provider about refunds, held on our side first. Null where it has none. */
export interface RefundLimits {
  /** How many refunds one payment takes; closed ones don't count. */
  readonly parts: number | null;
  /** How far two refunds of one payment must be apart. */
  readonly secondsApart: number | null;
  /** For how long after the payment money can be given back. */
  readonly days: number | null;
}

/** A refund that was found by its number, without knowing it. */
export interface FoundRefund {
  readonly outTradeNo: string;
  readonly providerTradeNo: string;
  readonly refund: Exclude<RefundView, { status: "not_found" }>;
}

/** Where the money of an ABNORMAL refund is to go. What names the buyer's account is sent encrypted and not kept. */
export type AbnormalRefundTarget =
  | { readonly type: "MERCHANT_BANK_CARD" }
  | {
      readonly type: "USER_BANK_CARD";
      /** Such as `CMB_DEBIT`. */
      readonly bankType: string;
      readonly bankAccount: string;
      readonly realName: string;
    };
