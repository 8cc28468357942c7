/** Bills of a day: what a provider says in the end that it took and gave back. */
import type { Fen } from "../money.ts";
import type { CallContext } from "./call.ts";
import type { Outcome } from "./outcome.ts";

export const BILL_ENTRY_KINDS = ["payment", "refund"] as const;
export type BillEntryKind = (typeof BILL_ENTRY_KINDS)[number];

/** A payment is always `success`; a refund is what it was when the bill was made. */
export const BILL_ENTRY_STATUSES = ["success", "processing", "closed", "abnormal"] as const;
export type BillEntryStatus = (typeof BILL_ENTRY_STATUSES)[number];

/** A line of a bill. */
export interface BillEntry {
  readonly kind: BillEntryKind;
  /** The shop's number of it: out_trade_no, or out_refund_no. Not always one that this service gave. */
  readonly number: string;
  /** The payment's number, also of a refund. */
  readonly outTradeNo: string;
  /** The provider's number. One that has none for refunds gives the payment's. */
  readonly providerNo: string;
  /** What was ordered, or what goes back: never negative. */
  readonly amount: Fen;
  /** What the provider keeps, in fen; negative when it gives some of it back. Null when the bill does not tell. */
  readonly fee: number | null;
  readonly status: BillEntryStatus;
  /** When it was paid, or by what the bill dates refunds. */
  readonly at: Date;
}

/** `not_ready`: the bill may be made yet. `empty`: it is made, and nothing happened that day. */
export type OpenedBill = AsyncIterable<BillEntry> | "not_ready" | "empty";

/** A provider's bills. Days are Beijing's, as `YYYY-MM-DD`. */
export interface Bills {
  /** From this hour of the next day on, in Beijing, a day's bill is to be had. */
  readonly readyAtHour: number;
  /** Whether a refund stands in the bill of the day that it was asked for on, or that it arrived on. */
  readonly refundsDatedBy: "request" | "success";
  /**
   * Asks for the payments and refunds of a day. Entries are read while they are downloaded, and count only once all have
   * been read: reading throws BillError when the bill is not whole. The call's signal bounds the reading too. What a bill
   * says is a reason to ask about a payment or a refund, and no proof.
   * @throws InputError when there can be no bill for the day
   */
  open(date: string, call: CallContext): Promise<Outcome<OpenedBill>>;
}
