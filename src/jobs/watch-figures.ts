/** What the figures need to be cheap: totals of what has happened, and a walk over the shelves. */
import type { PaymentContext } from "../payments/context.ts";
import { addUp } from "../payments/figures/totals.ts";
import { compareShelves } from "../payments/stock/compare-shelves.ts";

/** So many in a run: twelve thousand in an hour. */
const SHELVES_AT_A_TIME = 200;

/** Adds up what has been counted. */
export async function addUpFigures(ctx: PaymentContext): Promise<number> {
  await addUp(ctx);
  return 0;
}

/** Compares some shelves with their journals; the next run goes on. */
export async function compareStock(ctx: PaymentContext): Promise<number> {
  await compareShelves(ctx, SHELVES_AT_A_TIME);
  return 0;
}
