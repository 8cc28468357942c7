/**
 * What the rest of the service knows of a payment provider. WeChat Pay, Alipay and the points wallet
 * implement it; nothing outside their folders depends on how they speak.
 */
import type { AskedAttempt, AttemptDraft, AttemptRef, CreatedAttempt } from "./attempt.ts";
import type { Bills } from "./bill.ts";
import type { CallContext } from "./call.ts";
import type { CallbackAnswer, CallbackReply, CallbackVerdict, RawCallback, ReturnVerdict } from "./callback.ts";
import type { CombinedPayments } from "./combined.ts";
import type { Credential, CredentialWishes } from "./credential.ts";
import type { PaymentMethod, ProviderName } from "./methods.ts";
import type { Outcome } from "./outcome.ts";
import type { PreAuthorisations } from "./pre-authorisation.ts";
import type {
  AbnormalRefundTarget,
  AskedRefund,
  FoundRefund,
  RefundDraft,
  RefundLimits,
  RefundRef,
  RefundView,
} from "./refund.ts";
import type { CloseResult, TradeView } from "./trade.ts";
import type { Transfers } from "./transfers.ts";

/** One payment provider. Implementations hold keys and addresses, no state of trades. */
export interface PaymentProvider {
  readonly name: ProviderName;
  readonly methods: readonly PaymentMethod[];
  readonly refundLimits: RefundLimits;
  /**
   * Set where a query answers alike for a refund that is under way, that has failed, and that never arrived. Only sending it
   * again brings such a refund to an end.
   */
  readonly refundQueriesAreVague?: true;
  /** One payment for several orders, where the provider has it. */
  readonly combined?: CombinedPayments;
  /** Paying money out, where the provider has it. */
  readonly transfers?: Transfers;
  /** Freezing money to take it later, where the provider has it. */
  readonly preAuthorisations?: PreAuthorisations;
  /** What it took and gave back on a day, where it says so. */
  readonly bills?: Bills;

  /** Puts an attempt into the exact text to send. Pure: the same draft gives the same text. */
  prepare(draft: AttemptDraft): string;
  /** Opens the trade, or repeats the identical request and gets the same trade, with a fresh credential. */
  create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>>;
  /** Puts a caller's wishes into a credential that `create` made. */
  present(credential: Credential, wishes: CredentialWishes): Credential;
  /** Asks for the trade by out_trade_no. */
  query(attempt: AskedAttempt, call: CallContext): Promise<Outcome<TradeView>>;
  /** Closes the unpaid trade. Safe to repeat. */
  close(attempt: AskedAttempt, call: CallContext): Promise<Outcome<CloseResult>>;

  /** Puts a refund into the exact text to send. Pure. */
  prepareRefund(draft: RefundDraft): string;
  /** Asks for the refund, or repeats the identical request and gets the same refund. */
  refund(refund: RefundRef, call: CallContext): Promise<Outcome<Exclude<RefundView, { status: "not_found" }>>>;
  /** Asks for the refund by its number. */
  queryRefund(refund: AskedRefund, call: CallContext): Promise<Outcome<RefundView>>;

  /** Asks for a refund that the books may not know, by its number. */
  findRefund?(outRefundNo: string, call: CallContext): Promise<Outcome<FoundRefund | { readonly status: "not_found" }>>;
  /** Sends the money of an ABNORMAL refund elsewhere. `providerRefundNo` names it. */
  resolveAbnormalRefund?(
    refund: AskedRefund & { readonly providerRefundNo: string },
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
