/** Bills: fetched when they are to be had, compared with the books, and what differs looked into. */
import { read } from "../../db/run.ts";
import type { BillDayState } from "../../db/schema/bills.ts";
import { dueBillDays } from "../../db/statements/bill-day.ts";
import { dueDifferences } from "../../db/statements/bill-difference.ts";
import { type PaymentContext, presentOf } from "../payments/context.ts";
import { examineDifference } from "../payments/reconciliation/examine.ts";
import { concludeBillDay, openBillDays, pursueBillDay } from "../payments/reconciliation/reconcile-day.ts";
import { eachApart } from "./each.ts";

/** Bills are large: few of them are read at the same time. */
const DAYS_AT_A_TIME = 2;

/**
 * Reconciles what there is to reconcile. Returns how many differences it looked into, or the limit when a bill is not
 * compared to its end. Any number of runs at once do no harm, and the next one goes on where one ends.
 */
export async function reconcileBills(ctx: PaymentContext, limit: number): Promise<number> {
  await eachApart(ctx, "bill_days", ctx.providers.all(), (provider) => openBillDays(ctx, provider));
  const isUnfinished = await pursueDays(ctx);
  const due = await read(() => dueDifferences(ctx.db, presentOf(ctx), limit));
  await eachApart(ctx, "bill_difference", due, (difference) => examineDifference(ctx, difference));
  await eachApart(ctx, "bill_end", await dueDays(ctx, ["COMPARED"], limit), (day) => concludeBillDay(ctx, day));
  return isUnfinished ? limit : due.length;
}

async function pursueDays(ctx: PaymentContext): Promise<boolean> {
  const days = await dueDays(ctx, ["WAITING", "LOADING", "COMPARING"], DAYS_AT_A_TIME);
  let isUnfinished = days.length === DAYS_AT_A_TIME;
  await eachApart(ctx, "bill", days, async (day) => {
    if (!(await pursueBillDay(ctx, day))) isUnfinished = true;
  });
  return isUnfinished;
}

function dueDays(ctx: PaymentContext, states: readonly BillDayState[], limit: number) {
  return read(() => dueBillDays(ctx.db, states, presentOf(ctx), limit));
}
