/** What callers of the standalone class say of money to freeze, to capture and to release. */
import type { Fen } from "../../money.ts";
import type { FreezeChannel } from "../pre-authorisation.ts";

/** A freeze of a buyer's money. After an unknown answer query it; to repeat it, say exactly the same again. */
export interface NewFreeze {
  /** Up to 64 of `0-9 A-Z a-z _ -`, unique for the merchant. It is Alipay's out_order_no and out_request_no. */
  readonly outOrderNo: string;
  /** Shown to the buyer. */
  readonly title: string;
  readonly amount: Fen;
  /** For how many minutes the buyer may confirm: up to 15 days. */
  readonly minutes: number;
}

/** A freeze by the bar code on the buyer's phone. */
export interface BarcodeFreeze extends NewFreeze {
  /** What the seller scanned: 16 to 24 digits, or `fp` and 33 more. */
  readonly authCode: string;
}

/** A part of frozen money, or all of it, that becomes a payment. */
export interface NewCapture {
  /** Of the payment: a number as for any trade, unique for the merchant. It can be refunded by it too. */
  readonly outTradeNo: string;
  /** What the freeze said that the frozen money is called. */
  readonly authNo: string;
  /** How the money was frozen: captures name another product for each. */
  readonly channel: FreezeChannel;
  readonly subject: string;
  readonly amount: Fen;
  /** Whether what is left is released with it. */
  readonly final?: boolean | undefined;
  /** The buyer's user id (2088…), or their open id. Alipay compares it with who froze the money. */
  readonly buyerId?: string | undefined;
}

/** A part of frozen money, or all of it, that the buyer gets back. */
export interface NewRelease {
  /** As an out_trade_no, unique for the freeze. */
  readonly outRequestNo: string;
  readonly authNo: string;
  readonly amount: Fen;
  /** Why, for the buyer. */
  readonly remark: string;
}
