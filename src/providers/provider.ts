/**
 * What the rest of the service knows of a payment provider. WeChat Pay, Alipay and the points wallet
 * implement it; nothing outside their folders depends on how they speak.
 */
import type { Fen } from "../money.ts";
import type { CombinedPayments } from "./combined.ts";
import type { PaymentDetails } from "./details.ts";
import type { PaymentMethod, ProviderName } from "./methods.ts";
import type { FreezeView, PreAuthorisations } from "./pre-authorisation.ts";
import type { Transfers, TransferView } from "./transfers.ts";
import type { ReportTrouble } from "./trouble.ts";

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
}

/** What an attempt to pay consists of, before it is put into a provider's words. */
export interface AttemptDraft {
  readonly details: PaymentDetails;
  readonly outTradeNo: string;
  readonly orderId: string;
  readonly userId: string;
  readonly amount: Fen;
  /** Shown to the payer. The provider normalises it: forbidden characters, 4-byte characters, length. */
  readonly subject: string;
  /** Until when the buyer may pay. */
  readonly expiresAt: Date;
}

/** An attempt as recorded: `request` is the exact text that `prepare` made, repeated unchanged on every send. */
export interface AttemptRef {
  readonly method: PaymentMethod;
  readonly outTradeNo: string;
  readonly orderId: string;
  readonly userId: string;
  readonly amount: Fen;
  readonly request: string;
  readonly expiresAt: Date;
}

/** The parameters of `wx.requestPayment` in a mini program. */
export interface MiniProgramInvocation {
  /** Unix seconds, as text. */
  readonly timeStamp: string;
  readonly nonceStr: string;
  /** `prepay_id=…` */
  readonly package: string;
  readonly signType: "RSA";
  readonly paySign: string;
}

/** The parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)` in an official account's page. */
export interface JsapiInvocation extends MiniProgramInvocation {
  readonly appId: string;
}

/** The members of OpenSDK's PayReq in a native application. */
export interface AppInvocation {
  readonly appid: string;
  readonly partnerid: string;
  readonly prepayid: string;
  readonly package: "Sign=WXPay";
  readonly noncestr: string;
  /** Unix seconds, as text. */
  readonly timestamp: string;
  readonly sign: string;
}

/** What the client needs to let the buyer pay, narrowed by method. */
export type Credential =
  | { readonly method: "WECHAT_JSAPI"; readonly invoke: JsapiInvocation }
  | { readonly method: "WECHAT_MINI"; readonly invoke: MiniProgramInvocation }
  | { readonly method: "WECHAT_NATIVE"; readonly codeUrl: string }
  | { readonly method: "WECHAT_APP"; readonly invoke: AppInvocation }
  | { readonly method: "WECHAT_H5"; readonly h5Url: string }
  /** `form` is HTML that submits itself; `payUrl` does the same by GET. */
  | { readonly method: "ALIPAY_WEB"; readonly payUrl: string; readonly form: string }
  | { readonly method: "ALIPAY_WAP"; readonly payUrl: string; readonly form: string }
  | { readonly method: "ALIPAY_APP"; readonly orderString: string }
  | { readonly method: "ALIPAY_QR"; readonly qrCode: string }
  | { readonly method: "ALIPAY_JSAPI"; readonly tradeNo: string }
  | { readonly method: "ALIPAY_BARCODE" }
  | { readonly method: "POINTS" };

/** Money that a provider holds for one out_trade_no. */
export interface Receipt {
  readonly providerTradeNo: string;
  readonly amount: Fen;
  readonly paidAt: Date;
}

/** A new attempt as the provider has it: open, waiting for the buyer, or paid at once. */
export type CreatedAttempt =
  | { readonly status: "pending"; readonly credential: Credential; readonly credentialExpiresAt: Date }
  | { readonly status: "paid"; readonly credential: Credential; readonly receipt: Receipt };

/** A trade as the provider sees it now. */
export type TradeView =
  | { readonly status: "paid"; readonly receipt: Receipt }
  /** Was paid, and some or all of it has gone back already: never an order to ship. */
  | { readonly status: "refunded"; readonly receipt: Receipt }
  | { readonly status: "pending" }
  /** Unknown to the provider. For Alipay: the buyer has not opened the cashier, and may still. */
  | { readonly status: "not_found" }
  | { readonly status: "closed" };

/**
 * What became of a request to close. `closed`: can't be paid any more. `not_started`: unknown to the provider, yet
 * payable until its deadline. `paid`: too late, ask. `refunded`: closing gave money back.
 */
export type CloseResult = "closed" | "not_started" | "paid" | "refunded";

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
    }
  /** Authentic, but not signed in a way that proves what it says: the provider is to be asked about this refund. */
  | {
      readonly kind: "refund_hint";
      readonly notifyId: string;
      readonly event: string;
      readonly outTradeNo: string;
      readonly outRefundNo: string;
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

/** What a caller wants of a credential that is no part of the trade. */
export interface CredentialWishes {
  /** Where the buyer comes back to after paying in a browser. */
  readonly returnUrl?: string | undefined;
}

/** One payment provider. Implementations hold keys and addresses, no state of trades. */
export interface PaymentProvider {
  readonly name: ProviderName;
  readonly methods: readonly PaymentMethod[];
  readonly refundLimits: RefundLimits;
  /** One payment for several orders, where the provider has it. */
  readonly combined?: CombinedPayments;
  /** Paying money out, where the provider has it. */
  readonly transfers?: Transfers;
  /** Freezing money to take it later, where the provider has it. */
  readonly preAuthorisations?: PreAuthorisations;

  /** Puts an attempt into the exact text to send. Pure: the same draft gives the same text. */
  prepare(draft: AttemptDraft): string;
  /** Opens the trade, or repeats the identical request and gets the same trade, with a fresh credential. */
  create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>>;
  /** Puts a caller's wishes into a credential that `create` made. */
  present(credential: Credential, wishes: CredentialWishes): Credential;
  /** Asks for the trade by out_trade_no. */
  query(attempt: AttemptRef, call: CallContext): Promise<Outcome<TradeView>>;
  /** Closes the unpaid trade. Safe to repeat. */
  close(attempt: AttemptRef, call: CallContext): Promise<Outcome<CloseResult>>;

  /** Puts a refund into the exact text to send. Pure. */
  prepareRefund(draft: RefundDraft): string;
  /** Asks for the refund, or repeats the identical request and gets the same refund. */
  refund(refund: RefundRef, call: CallContext): Promise<Outcome<Exclude<RefundView, { status: "not_found" }>>>;
  /** Asks for the refund by its number. */
  queryRefund(refund: RefundRef, call: CallContext): Promise<Outcome<RefundView>>;

  /** Asks for a refund that the books may not know, by its number. */
  findRefund?(outRefundNo: string, call: CallContext): Promise<Outcome<FoundRefund | { readonly status: "not_found" }>>;
  /** Sends the money of an ABNORMAL refund elsewhere. `providerRefundNo` names it. */
  resolveAbnormalRefund?(
    refund: RefundRef & { readonly providerRefundNo: string },
    target: AbnormalRefundTarget,
    call: CallContext,
  ): Promise<Outcome<Exclude<RefundView, { status: "not_found" }>>>;
  /** Renews what lapses by itself, such as certificates. Called on schedule; never throws for silence. */
  renewKeys?(call: Pick<CallContext, "signal" | "now">): Promise<void>;

  /** Verifies a callback over its raw bytes and says what it means. Changes nothing, never throws for bad input. */
  verifyCallback(callback: RawCallback, now: number): Promise<CallbackVerdict>;
  /** Verifies the query of the address that a browser came back to, where the provider signs it. Never throws for bad input. */
  verifyReturn?(query: string, now: number): Promise<ReturnVerdict>;
  /** The provider's own words, in the form the callback came in, for how it was dealt with. */
  answer(reply: CallbackReply, callback: RawCallback): CallbackAnswer;
}
