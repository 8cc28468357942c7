/** What was sold in the end, and what came back of it. */
import type { Simulation } from "../simulation.ts";
import type { RefundRow, ShopBooks } from "./books.ts";

/** The orders that are paid, as their buyers made them. */
export function sold(sim: Simulation, books: ShopBooks) {
  const paid = new Set(books.orders.filter(({ state }) => state === "PAID").map(({ id }) => id));
  return [...sim.ledger.orders.values()].filter(({ orderId }) => paid.has(orderId));
}

/** Refunds whose money went back while the books held it for them: only these bring pieces and points along. */
export function returning(books: ShopBooks): RefundRow[] {
  const late = new Set(
    books.anomalies.filter(({ kind }) => kind === "REFUND_AFTER_CLOSE").map((each) => each.refund_id),
  );
  return books.refunds.filter(({ id, state, origin }) => state === "SUCCESS" && origin !== "EXTERNAL" && !late.has(id));
}
