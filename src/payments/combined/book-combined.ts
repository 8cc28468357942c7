import type { NotificationOutcome } from "../../../db/schema/records.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { bookTrade } from "../book-trade.ts";
import type { PaymentContext } from "../context.ts";
import { allBooked } from "./ask-combined.ts";

type CombinedEvent = Extract<CallbackEvent, { kind: "combined" }>;

/** What a callback about several trades comes to, when they came to different things. */
const BY_WEIGHT = ["foreign_application", "ANOMALY", "APPLIED", "REPEATED", "IGNORED"] as const;

/**
 * Books a callback about a combined payment: each of its trades by itself, none kept from it by another. Throws what
 * booking any of them throws, so that the callback comes again; those booked before are then repeated.
 */
export async function bookCombined(
  ctx: PaymentContext,
  provider: ProviderName,
  { event, methods, trades }: CombinedEvent,
): Promise<NotificationOutcome | "foreign_application"> {
  const outcomes = await allBooked(trades.map((told) => bookTrade(ctx, provider, { event, methods, ...told })));
  return BY_WEIGHT.find((outcome) => outcomes.includes(outcome)) ?? "IGNORED";
}
