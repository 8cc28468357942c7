/** Days of bills: Beijing's, as `YYYY-MM-DD`. */
import type { Span } from "../../../db/statements/bill-ours.ts";
import { formatBeijing } from "../../providers/beijing-time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The day that a moment lies in. */
export function dayOf(moment: Date): string {
  return formatBeijing(moment).slice(0, 10);
}

/** From a day's first midnight to the next. */
export function spanOf(day: string): Span {
  const from = new Date(`${day}T00:00:00+08:00`);
  return { from, to: new Date(from.getTime() + DAY_MS) };
}

/** The day so many days later, or earlier when negative. */
export function addDays(day: string, days: number): string {
  return dayOf(new Date(spanOf(day).from.getTime() + days * DAY_MS));
}

/** From when on a day's bill is to be had. */
export function readyAt(day: string, { readyAtHour }: { readonly readyAtHour: number }): Date {
  return new Date(spanOf(day).to.getTime() + readyAtHour * HOUR_MS);
}

/** The newest day whose bill is to be had by now. */
export function newestReady(now: Date, { readyAtHour }: { readonly readyAtHour: number }): string {
  return dayOf(new Date(now.getTime() - DAY_MS - readyAtHour * HOUR_MS));
}
