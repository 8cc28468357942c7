/** A provider's rules about the refunds of one payment, held here before the provider refuses. */
import type { ReservationRules } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import type { RefundLimits } from "../../providers/refund.ts";
import type { AttemptRow } from "../attempts/view.ts";

const DAY_MS = 86_400_000;

/** The rules as the reserving statement takes them, at a moment. */
export function rulesAt(limits: RefundLimits, now: Date): ReservationRules {
  return {
    parts: limits.parts,
    paidSince: limits.days === null ? null : earlier(now, limits.days * DAY_MS),
  };
}

/** Until when another refund of the same payment must have been sent; null when its provider does not mind. */
export function lastRefundUntil({ secondsApart }: RefundLimits, now: Date): Date | null {
  return secondsApart === null ? null : earlier(now, secondsApart * 1000);
}

function earlier(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() - milliseconds);
}

/** Why a provider takes no refund of a payment any more: REFUND_WINDOW_OVER, REFUND_PARTS_USED_UP. Undefined when it does. */
export function limitReached(attempt: AttemptRow, limits: RefundLimits, now: Date): PayError | undefined {
  const { parts, paidSince } = rulesAt(limits, now);
  if (paidSince !== null && attempt.paidAt !== null && attempt.paidAt < paidSince) {
    return new PayError("REFUND_WINDOW_OVER");
  }
  return parts !== null && attempt.refundParts >= parts ? new PayError("REFUND_PARTS_USED_UP") : undefined;
}
