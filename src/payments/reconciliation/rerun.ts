/** An operator has a day reconciled anew. */
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import {
  type BillDay,
  type BillDayKey,
  findBillDay,
  insertBillDay,
  restartBillDay,
} from "../../../db/statements/bill-day.ts";
import { PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { recordAction } from "../operator-actions.ts";
import { newestReady } from "./calendar.ts";
import { openBillDays } from "./reconcile-day.ts";

/**
 * Has the bill of a day fetched and compared once more by the jobs: also one from before the first day that was
 * reconciled, or one that was given up. A day that is being loaded or compared is left to go on. What is on record already
 * is not recorded again. Throws METHOD_UNAVAILABLE for a provider without bills, BAD_INPUT for a day that has none yet.
 */
export async function rerunBillDay(
  ctx: PaymentContext,
  actor: Actor,
  wanted: BillDayKey & { readonly reason: string },
): Promise<BillDay> {
  const { provider, billDate, reason } = wanted;
  const source = ctx.providers.find(provider);
  const bills = source?.bills;
  if (!bills) throw new PayError("METHOD_UNAVAILABLE");
  if (billDate > newestReady(presentOf(ctx), bills)) {
    throw new PayError("BAD_INPUT", { issues: [{ path: "date", message: "has no bill yet" }] });
  }
  const day = { provider, billDate };
  const [before] = await read(() => findBillDay(ctx.db, day));
  await recordAction(ctx, actor, {
    action: "reconciliation.rerun",
    subject: `${provider}:${billDate}`,
    reason,
    before: { state: before?.state ?? null },
    after: { state: "WAITING" },
  });
  // Days after the newest one are found by it: none may be left out.
  while ((await openBillDays(ctx, source)) > 0);
  if (before || !(await insertBillDay(ctx.db, day, presentOf(ctx)))) await restartBillDay(ctx.db, day, presentOf(ctx));
  const [after] = await read(() => findBillDay(ctx.db, day));
  if (!after) throw new DatabaseUnavailable("the day is there and can't be read");
  return after;
}
