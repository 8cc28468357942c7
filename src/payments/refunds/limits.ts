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
    lastRefundUntil: limits.secondsApart === null ? null : earlier(now, limits.secondsApart * 1000),
    paidSince: limits.days === null ? null : earlier(now, limits.days * DAY_MS),
  };
}

function earlier(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() - milliseconds);
}

/**
 * Why a provider takes no refund of a payment at a moment: REFUND_WINDOW_OVER, REFUND_PARTS_USED_UP, or REFUND_TOO_SOON
 * with the seconds to wait. Undefined when nothing is in the way.
 */
export function limitReached(attempt: AttemptRow, limits: RefundLimits, now: Date): PayError | undefined {
  const { parts, lastRefundUntil, paidSince } = rulesAt(limits, now);
  if (paidSince !== null && attempt.paidAt !== null && attempt.paidAt < paidSince) {
    return new PayError("REFUND_WINDOW_OVER");
  }
  if (parts !== null && attempt.refundParts >= parts) return new PayError("REFUND_PARTS_USED_UP");
  if (lastRefundUntil === null || attempt.lastRefundAt === null || attempt.lastRefundAt <= lastRefundUntil) {
    return undefined;
  }
  const wait = attempt.lastRefundAt.getTime() - lastRefundUntil.getTime();
  return new PayError("REFUND_TOO_SOON", { retryAfter: Math.ceil(wait / 1000) });
}
