import { postponeCombined } from "../../db/statements/combined.ts";
import { isOpen } from "../payments/attempts/view.ts";
import { askForCombined } from "../payments/combined/ask-combined.ts";
import { findCombined } from "../payments/combined/record.ts";
import { nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { areOver, endAttempt } from "./ending.ts";

/** States in which an attempt says that its combined payment is to end, or has ended, without being paid. */
const ENDING: readonly string[] = ["CLOSING", "CLOSED", "FAILED"];

/**
 * A combined payment in doubt: one query is for all of its trades. When nobody is to pay one of its orders by it any more,
 * all of it is closed. `checks` counts the looks before this one.
 */
export async function synchroniseCombined(
  ctx: PaymentContext,
  combineOutTradeNo: string,
  checks: number,
): Promise<void> {
  const look = { checks: checks + 1, nextCheckAt: nextCheck(ctx, checks), dueBefore: presentOf(ctx) };
  if ((await postponeCombined(ctx.db, combineOutTradeNo, look)) === 0) return;
  const combined = await findCombined(ctx, { combineOutTradeNo });
  const attempts = combined?.parts.map(({ attempt }) => attempt) ?? [];
  const open = attempts.filter(({ state }) => isOpen(state));
  const [first] = open;
  if (!combined || !first) return;
  const isEnding = attempts.some(({ state }) => ENDING.includes(state));
  if (isEnding || (await areOver(ctx, open))) return await endAttempt(ctx, first);
  await askForCombined(ctx, combined);
}
