/** Words and times that closing is spoken of in. */
import { CANCELLED_METHODS, type PaymentMethod } from "../../providers/methods.ts";
import type { AttemptRow } from "./view.ts";

/**
 * What became of closing an attempt. `closed`: it can't be paid any more. `watched`: the provider knows no such
 * trade yet; it stays CLOSING until its deadline has passed, and money that comes is booked. `paid`: too late.
 * `in_doubt`: the provider has not said; a job asks again.
 */
export type Closing = "closed" | "watched" | "paid" | "in_doubt";

/** How long after its deadline an attempt that nobody opened is still watched. */
const WATCH_MARGIN_SECONDS = 600;

/** Whether a payment is ended by a cancel, which gives money back that has come. */
export function isCancelled(method: PaymentMethod): boolean {
  return CANCELLED_METHODS.some((cancelled) => cancelled === method);
}

/** How long a buyer at the till has to confirm on the phone; then the payment is cancelled. */
const CONFIRM_SECONDS = 60;

/** From when on nobody is to pay by an attempt any more: its deadline, or the end of a till's patience. */
export function overAt({ method, createdAt, expiresAt }: Pick<AttemptRow, "method" | "createdAt" | "expiresAt">): Date {
  if (!isCancelled(method)) return expiresAt;
  return new Date(Math.min(createdAt.getTime() + CONFIRM_SECONDS * 1000, expiresAt.getTime()));
}

/** Until when an attempt with this deadline is watched. */
export function watchedUntil(deadline: Date): Date {
  return new Date(deadline.getTime() + WATCH_MARGIN_SECONDS * 1000);
}
