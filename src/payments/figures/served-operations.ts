/** How long callers waited for a payment to be created: written down after the answer, as calls to providers are. */
import { insertOnce } from "../../../db/run.ts";
import { type ServedOutcome, servedOperations } from "../../../db/schema/figures.ts";
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { METHODS, type PaymentMethod } from "../../providers/methods.ts";
import type { PaymentContext } from "../context.ts";
import { newId } from "../ids.ts";

/** An operation that was answered. */
export interface Served {
  readonly operation: string;
  readonly method: PaymentMethod;
  readonly outcome: "ok" | ErrorCode;
  readonly durationMs: number;
}

/**
 * Has it written down behind the answer. What was refused without a provider having been asked is not counted: it says
 * nothing about payments, and anybody can send as much of it as they like.
 */
export function keepServed(ctx: PaymentContext, { operation, method, outcome, durationMs }: Served): void {
  const counted = outcomeOf(outcome);
  if (counted === undefined) return;
  const row = {
    id: newId(ctx.now()),
    at: new Date(ctx.now()),
    operation,
    provider: METHODS[method].provider,
    method,
    outcome: counted,
    durationMs: Math.max(0, durationMs),
  };
  ctx.defer(async (later) => {
    try {
      await insertOnce(() => later.db.insert(servedOperations).values(row));
    } catch (error) {
      later.log.error("served_operations.lost", error, { operation });
    }
  });
}

function outcomeOf(outcome: "ok" | ErrorCode): ServedOutcome | undefined {
  if (outcome === "ok") return "ok";
  if (outcome === "PROVIDER_REFUSED") return "refused";
  return outcome === "PROVIDER_BUSY" || ERRORS[outcome].status >= 500 ? "failed" : undefined;
}
