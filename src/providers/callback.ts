/** Callbacks, and pages that a browser comes back to: what they say and how they are answered. */
import type { Fen } from "../money.ts";
import type { PaymentMethod } from "./methods.ts";
import type { FreezeView } from "./pre-authorisation.ts";
import type { RefundView } from "./refund.ts";
import type { TradeView } from "./trade.ts";
import type { TransferView } from "./transfers.ts";

/** A callback as it came in: nothing parsed, nothing decoded. */
export interface RawCallback {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** What a verified callback says. */
export type CallbackEvent =
  | {
      readonly kind: "trade";
      readonly notifyId: string;
      readonly event: string;
      readonly outTradeNo: string;
      /** The methods that share the application which the callback names: an attempt by another one is not meant. */
      readonly methods: readonly PaymentMethod[];
      readonly trade: TradeView;
    }
  /** A combined payment: all of its trades, each as one by itself. */
  | {
      readonly kind: "combined";
      readonly notifyId: string;
      readonly event: string;
      readonly combineOutTradeNo: string;
      readonly methods: readonly PaymentMethod[];
      readonly trades: readonly { readonly outTradeNo: string; readonly trade: TradeView }[];
    }
  | {
      readonly kind: "refund";
      readonly notifyId: string;
      readonly event: string;
      readonly outTradeNo: string;
      readonly outRefundNo: string;
      readonly providerTradeNo: string;
      readonly refund: Exclude<RefundView, { status: "not_found" }>;
      /** In fen, where the provider says so: all that has gone back of the payment by then, this refund included. */
      readonly goneBack?: Fen | undefined;
    }
  /** Authentic, but not signed in a way that proves what it says: the provider is to be asked about this refund. */
  | {
      readonly kind: "refund_hint";
      readonly notifyId: string;
      readonly event: string;
      readonly outTradeNo: string;
      readonly outRefundNo: string;
    }
  /** The payer's bank has sent back a refund, which stays what it is in the books. */
  | {
      readonly kind: "refund_returned";
      readonly notifyId: string;
      readonly event: string;
      readonly outTradeNo: string;
      readonly outRefundNo: string;
      readonly amount: Fen | null;
    }
  | {
      readonly kind: "transfer";
      readonly notifyId: string;
      readonly event: string;
      readonly outBillNo: string;
      readonly transfer: TransferView;
    }
  /** A buyer's frozen money. */
  | {
      readonly kind: "freeze";
      readonly notifyId: string;
      readonly event: string;
      readonly outOrderNo: string;
      readonly freeze: FreezeView;
    }
  /** Something has become of a buyer's frozen money: the provider is to be asked what. */
  | {
      readonly kind: "freeze_hint";
      readonly notifyId: string;
      readonly event: string;
      readonly outOrderNo: string;
    }
  /** Verified, and of no consequence for the books: other event types, states that change nothing. */
  | { readonly kind: "other"; readonly notifyId: string; readonly event: string };

/** Why a callback does not count. The caller of the notify route never learns which. */
export type VerificationFailure =
  | "malformed"
  | "missing_signature"
  | "unknown_serial"
  | "stale"
  | "bad_signature"
  | "undecryptable"
  | "foreign_merchant"
  | "foreign_application";

export type CallbackVerdict =
  | { readonly verified: true; readonly event: CallbackEvent }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/** What the address says that a browser came back to. It names a trade and never proves a payment. */
export type ReturnVerdict =
  | { readonly verified: true; readonly outTradeNo: string }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/** The answer that makes a provider stop, or come again. */
export interface CallbackAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** How a callback was dealt with, in the terms a provider is answered in. */
export type CallbackReply = "accepted" | "unverified" | "failed";
