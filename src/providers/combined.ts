/** One payment for several orders: a provider's part of it (WeChat Pay's 合单). */
import type { Fen } from "../money.ts";
import type { CallContext } from "./call.ts";
import type { Credential } from "./credential.ts";
import type { CombinedDetails } from "./details.ts";
import type { PaymentMethod } from "./methods.ts";
import type { Outcome } from "./outcome.ts";
import type { TradeView } from "./trade.ts";

/** A combined payment, before it is put into a provider's words. */
export interface CombinedDraft {
  readonly details: CombinedDetails;
  readonly combineOutTradeNo: string;
  /** Until when the buyer may pay. */
  readonly expiresAt: Date;
  readonly orders: readonly {
    readonly outTradeNo: string;
    readonly orderId: string;
    readonly amount: Fen;
    readonly subject: string;
  }[];
}

/** A combined payment as it is asked about and closed. */
export interface AskedCombined {
  readonly method: PaymentMethod;
  readonly combineOutTradeNo: string;
  readonly expiresAt: Date;
  /** All of its trades, in the order of the request. */
  readonly orders: readonly { readonly outTradeNo: string; readonly amount: Fen }[];
}

/** A combined payment as recorded: `request` is the exact text that `prepare` made, repeated unchanged on every send. */
export interface CombinedRef extends AskedCombined {
  readonly request: string;
}

/** All trades of a combined payment as the provider sees them now. */
export type CombinedView =
  | { readonly status: "found"; readonly trades: readonly { readonly outTradeNo: string; readonly trade: TradeView }[] }
  | { readonly status: "not_found" };

export interface CombinedPayments {
  /** How many orders one payment takes. */
  readonly fewest: number;
  readonly most: number;
  readonly methods: readonly PaymentMethod[];

  /** Puts a combined payment into the exact text to send. Pure. */
  prepare(draft: CombinedDraft): string;
  /** Opens the trades, or repeats the identical request and gets the same ones, with a fresh credential. */
  create(
    payment: CombinedRef,
    call: CallContext,
  ): Promise<Outcome<{ readonly credential: Credential; readonly credentialExpiresAt: Date }>>;
  /** Asks for all trades at once. */
  query(payment: AskedCombined, call: CallContext): Promise<Outcome<CombinedView>>;
  /** Closes all trades at once: none of them can be paid then. `paid`: too late, ask. */
  close(payment: AskedCombined, call: CallContext): Promise<Outcome<"closed" | "paid">>;
}
