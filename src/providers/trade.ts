/** Trades as a provider sees them. */
import type { Fen } from "../money.ts";

/** Money that a provider holds for one out_trade_no. */
export interface Receipt {
  readonly providerTradeNo: string;
  readonly amount: Fen;
  readonly paidAt: Date;
}

/** A trade as the provider sees it now. */
export type TradeView =
  | { readonly status: "paid"; readonly receipt: Receipt }
  /**
   * Was paid, and some or all of it has gone back already: never an order to ship. `goneBack` is all that has gone back by
   * then, in fen, where the provider says so.
   */
  | { readonly status: "refunded"; readonly receipt: Receipt; readonly goneBack?: Fen | undefined }
  | { readonly status: "pending" }
  /** Unknown to the provider. For Alipay: the buyer has not opened the cashier, and may still. */
  | { readonly status: "not_found" }
  | { readonly status: "closed" };

/**
 * What became of a request to close. `closed`: can't be paid any more. `not_started`: unknown to the provider, yet
 * payable until its deadline. `paid`: too late, ask.
 */
export type CloseResult = "closed" | "not_started" | "paid" | GivenBack;

/** Closing gave all the money back. */
export interface GivenBack {
  readonly status: "refunded";
  /** Null where the provider did not say it. */
  readonly providerTradeNo: string | null;
}
