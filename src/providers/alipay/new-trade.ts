/** What callers of the standalone class say of a new trade. */
import type { Fen } from "../../money.ts";
import type { AlipayOptions } from "../details.ts";

/**
 * A new trade. To get a fresh credential for it, or after an unknown answer, say exactly the same again: another
 * value of any member under the same number is refused.
 */
export interface NewTrade extends AlipayOptions {
  /** Up to 64 of `0-9 A-Z a-z _ -`, unique for the merchant. */
  readonly outTradeNo: string;
  /** Shown to the payer. Characters that Alipay does not take become full-width or are left out; what is too long is cut. */
  readonly subject: string;
  readonly amount: Fen;
  /** Until when it can be paid: 1 minute to 15 days ahead. */
  readonly expiresAt: Date;
}

/** A trade that is paid on a page of Alipay's, on a computer. */
export interface WebTrade extends NewTrade {
  /** Where the browser comes back to; the configured one when absent. */
  readonly returnUrl?: string | undefined;
  /** How the QR code shows inside the shop's page: 0 in 600×300, 1 in 300×600, 3 in 75×75, 4 in a width of your own. */
  readonly qrPayMode?: "0" | "1" | "2" | "3" | "4" | undefined;
  /** In pixels, with mode 4. */
  readonly qrcodeWidth?: number | undefined;
}

/** A trade that is paid on a page of Alipay's, on a phone. */
export interface WapTrade extends NewTrade {
  readonly returnUrl?: string | undefined;
  /** Where a buyer goes who gives up; the return address when absent. */
  readonly quitUrl?: string | undefined;
}

/** A trade that is paid inside of Alipay, in a mini program. */
export interface JsapiTrade extends NewTrade {
  /** The buyer's user id (2088…), or their open id. */
  readonly buyerId: string;
}

/** A trade that is paid by the bar code on the buyer's phone. */
export interface BarcodeTrade extends NewTrade {
  /** What the seller scanned: 16 to 24 digits, or `fp` and 33 more. */
  readonly authCode: string;
}
