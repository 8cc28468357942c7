/** Words and times that closing is spoken of in. */

/**
 * What became of closing an attempt. `closed`: it can't be paid any more. `watched`: the provider knows no such
 * trade yet; it stays CLOSING until its deadline has passed, and money that comes is booked. `paid`: too late.
 * `in_doubt`: the provider has not said; a job asks again.
 */
export type Closing = "closed" | "watched" | "paid" | "in_doubt";

/** How long after its deadline an attempt that nobody opened is still watched. */
const WATCH_MARGIN_SECONDS = 600;

/** Until when an attempt with this deadline is watched. */
export function watchedUntil(deadline: Date): Date {
  return new Date(deadline.getTime() + WATCH_MARGIN_SECONDS * 1000);
}
