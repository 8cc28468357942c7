/** Sending what its provider does not have once more, under the same number and with the same text. */
import { PayError } from "../errors.ts";
import { inSeconds, nextCheck, type PaymentContext, presentOf } from "./context.ts";

/** A send may still be under way this long after it began; until then nobody sends again. */
export const SEND_SECONDS = 60;

interface Recorded {
  readonly createdAt: Date;
  readonly nextCheckAt: Date | null;
  readonly checks: number;
}

/**
 * Until when whoever sends a recorded row now has it to itself: the time that its next look is moved to first. Only who
 * moves that time sends, and nobody before that time, so that no two sends are under way at once: the refusal of one must
 * not hide that the other was accepted. `undefined` when it is not to be sent now. `row` must be as it was read before its
 * look of now was put off.
 */
export function claimUntil(ctx: PaymentContext, row: Recorded): Date | undefined {
  const isDue = row.nextCheckAt !== null && row.nextCheckAt <= presentOf(ctx);
  if (!isDue || ctx.now() - row.createdAt.getTime() < SEND_SECONDS * 1000) return undefined;
  return new Date(Math.max(nextCheck(ctx, row.checks).getTime(), untilSent(ctx).getTime()));
}

/** When to ask once more about what its provider does not have and nobody sends any more: a late send may still arrive. */
export function secondLook(ctx: PaymentContext): Date {
  return inSeconds(ctx, 600);
}

/** When a send that begins now is over, one way or the other. */
export function untilSent(ctx: PaymentContext): Date {
  return inSeconds(ctx, SEND_SECONDS);
}

/**
 * Throws REQUEST_IN_PROGRESS while a first send that began then may be under way. It may come to a refusal, which nobody but
 * its caller hears of: a repeat that is answered before would make that caller hear the repeat's answer instead.
 */
export function assertSendOver(ctx: PaymentContext, began: Date): void {
  const left = began.getTime() + SEND_SECONDS * 1000 - ctx.now();
  if (left > 0) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: Math.max(1, Math.ceil(left / 1000)) });
}
