import type { CombinedView } from "../../providers/combined.ts";
import type { Outcome } from "../../providers/outcome.ts";
import { callContext, type PaymentContext } from "../context.ts";
import { applyTradeView } from "../settlement.ts";
import { type Combined, combinedPaymentsOf, combinedRef, sendable } from "./record.ts";

/** What the answer to one query did to the books: each trade's money is booked by itself. */
export type Asked =
  | Exclude<Outcome<CombinedView>, { kind: "ok" }>
  | { readonly kind: "ok"; readonly standing: Standing };

/** `changed`: some money is booked, or some trade is closed; ask the books. */
type Standing = "changed" | "unchanged" | "not_found";

/**
 * Asks the provider for all trades of a combined payment at once, and books what it says of each. Throws what booking
 * one throws, after the others have been booked.
 */
export async function askForCombined(ctx: PaymentContext, combined: Combined): Promise<Asked> {
  const { payment, parts } = combined;
  const { provider, method } = payment;
  const answer = await combinedPaymentsOf(ctx, provider).query(
    combinedRef(sendable(combined)),
    callContext(ctx, false),
  );
  if (answer.kind !== "ok") return answer;
  if (answer.value.status === "not_found") return { kind: "ok", standing: "not_found" };
  const ours = answer.value.trades.filter(({ outTradeNo }) =>
    parts.some((part) => part.attempt.outTradeNo === outTradeNo),
  );
  const applied = await allBooked(
    ours.map(({ outTradeNo, trade }) => applyTradeView(ctx, { provider, outTradeNo, methods: [method] }, trade)),
  );
  return { kind: "ok", standing: applied.every((each) => each === "unchanged") ? "unchanged" : "changed" };
}

/** Waits for every booking, so that one that fails keeps no other from its end; then throws the first failure. */
export async function allBooked<T>(bookings: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(bookings);
  return await Promise.all(bookings);
}
