import { beginClosingOthers, insertCombinedAttempts } from "../../../db/statements/combined.ts";
import { PayError } from "../../errors.ts";
import { pursueClosing } from "../attempts/close-attempt.ts";
import { MIN_PAYABLE_SECONDS } from "../attempts/payable.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { type CombinedCall, suffixOf } from "./draft-combined.ts";
import { assertAllPayable, type OrdersToPay, readOrdersToPay } from "./payable-orders.ts";
import { type CombinedRow, findCombined } from "./record.ts";

/**
 * Gives every order its attempt, or none: what is open for them makes room first. Throws what keeps an order from taking
 * its attempt, naming the order, and REQUEST_IN_PROGRESS when somebody else was faster. `there`: they were recorded before,
 * by this statement's first go or by a repeat of the call, which may have sent them too.
 */
export async function recordAttempts(
  ctx: PaymentContext,
  call: CombinedCall,
  found: OrdersToPay,
  payment: CombinedRow,
): Promise<"inserted" | "there"> {
  const { combineOutTradeNo, userId, provider, method, expiresAt } = payment;
  await closeOthers(ctx, found, combineOutTradeNo);
  const recorded = await insertCombinedAttempts(ctx.db, {
    ...{ combineOutTradeNo, userId, provider, method, expiresAt },
    orders: call.asked,
    suffix: suffixOf(combineOutTradeNo),
    now: presentOf(ctx),
    payableUntil: inSeconds(ctx, MIN_PAYABLE_SECONDS),
    nextCheckAt: nextCheck(ctx, 0),
  });
  if (recorded === "inserted") return "inserted";
  const own = recorded === "taken" ? await findCombined(ctx, { combineOutTradeNo }) : undefined;
  if (own && own.parts.length > 0) return "there";
  assertAllPayable(ctx, call.asked, await readOrdersToPay(ctx, { id: userId, role: "customer" }, call.asked));
  throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
}

/** Whatever else is open for these orders ends without being waited for; should it be paid all the same, that goes back. */
export async function closeOthers(ctx: PaymentContext, found: OrdersToPay, combineOutTradeNo: string): Promise<void> {
  const others = found.open.filter((attempt) => attempt.combineOutTradeNo !== combineOutTradeNo);
  if (others.length === 0) return;
  const orderIds = found.orders.map((order) => order.id);
  await beginClosingOthers(ctx.db, orderIds, combineOutTradeNo, nextCheck(ctx, 0));
  ctx.defer((later) =>
    Promise.all(oneOfEach(others).map((other) => pursueClosing(later, { ...other, state: "CLOSING", checks: 0 }))),
  );
}

/** Each single attempt, and one attempt of each combined payment, which closes with all of it. */
function oneOfEach(attempts: readonly AttemptRow[]): AttemptRow[] {
  const names = attempts.map(({ combineOutTradeNo, outTradeNo }) => combineOutTradeNo ?? outTradeNo);
  return attempts.filter((_, index) => names.indexOf(names[index] ?? "") === index);
}
