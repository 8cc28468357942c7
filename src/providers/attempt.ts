/** Attempts to pay, before and after a provider has heard of them. */
import type { Fen } from "../money.ts";
import type { Credential } from "./credential.ts";
import type { PaymentDetails } from "./details.ts";
import type { PaymentMethod } from "./methods.ts";
import type { Receipt } from "./trade.ts";

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

/** An attempt as it is asked about and closed. */
export interface AskedAttempt {
  readonly method: PaymentMethod;
  readonly outTradeNo: string;
  readonly orderId: string;
  readonly userId: string;
  readonly amount: Fen;
  readonly expiresAt: Date;
}

/** An attempt as recorded: `request` is the exact text that `prepare` made, repeated unchanged on every send. */
export interface AttemptRef extends AskedAttempt {
  readonly request: string;
}

/** A new attempt as the provider has it: open, waiting for the buyer, or paid at once. */
export type CreatedAttempt =
  | { readonly status: "pending"; readonly credential: Credential; readonly credentialExpiresAt: Date }
  | { readonly status: "paid"; readonly credential: Credential; readonly receipt: Receipt };
