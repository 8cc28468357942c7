/** What a verified callback says becomes a fact in the books, kind by kind. */
import type { NotificationOutcome } from "../../db/schema/records.ts";
import type { CallbackEvent } from "../providers/callback.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import { bookTrade } from "./book-trade.ts";
import { bookCombined } from "./combined/book-combined.ts";
import type { PaymentContext } from "./context.ts";
import { bookFreezeEvent, bookFreezeHint } from "./pre-authorisations/book-notice.ts";
import { bookRefundEvent, type RefundBooking } from "./refunds/book-refund.ts";
import { bookRefundHint } from "./refunds/refund-hint.ts";
import { reportReturnedRefund } from "./refunds/returned-refund.ts";
import { bookTransferEvent } from "./transfers/book-transfer.ts";

/**
 * Books a verified callback. Safe to repeat. `foreign_application`: nothing was changed, and it does not count as verified.
 * Throws when it has to come again.
 */
export async function bookCallback(
  ctx: PaymentContext,
  provider: PaymentProvider,
  event: CallbackEvent,
): Promise<NotificationOutcome | "foreign_application"> {
  switch (event.kind) {
    case "trade":
      return await bookTrade(ctx, provider.name, event);
    case "combined":
      return await bookCombined(ctx, provider.name, event);
    case "refund":
      return REFUND_OUTCOMES[await bookRefundEvent(ctx, provider.name, event)];
    case "refund_hint":
      return REFUND_OUTCOMES[await bookRefundHint(ctx, provider, event)];
    case "refund_returned":
      await reportReturnedRefund(ctx, provider.name, event);
      return "ANOMALY";
    case "transfer":
      return await bookTransferEvent(ctx, provider.name, event);
    case "freeze":
      return await bookFreezeEvent(ctx, provider.name, event);
    case "freeze_hint":
      return await bookFreezeHint(ctx, provider.name, event);
    case "other":
      return "IGNORED";
  }
}

const REFUND_OUTCOMES: Readonly<Record<RefundBooking | "nothing", NotificationOutcome>> = {
  applied: "APPLIED",
  noted: "APPLIED",
  released: "APPLIED",
  repeated: "REPEATED",
  anomaly: "ANOMALY",
  nothing: "IGNORED",
};
