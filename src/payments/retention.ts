import { inSeconds, type PaymentContext } from "./context.ts";

const DAY_SECONDS = 86_400;

/**
 * Records from before this moment are deleted by a job. Whoever tells of something once, and knows by such a record that it
 * is told, must not tell of what lies before it: nobody knows any more.
 */
export function keptSince(ctx: PaymentContext): Date {
  return inSeconds(ctx, -ctx.settings.retentionDays * DAY_SECONDS);
}
