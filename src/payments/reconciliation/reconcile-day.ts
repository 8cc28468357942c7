/** A provider's day from the first question for its bill to the last difference. */
import { read } from "../../../db/run.ts";
import {
  type BillDay,
  findBillDay,
  finishBillDay,
  insertBillDay,
  newestBillDay,
  putOffBillDay,
} from "../../../db/statements/bill-day.ts";
import { countDifferences } from "../../../db/statements/bill-difference.ts";
import { deleteOlderBillEntries } from "../../../db/statements/bill-entry.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { recordEvent } from "../events.ts";
import { addDays, newestReady } from "./calendar.ts";
import { compareDay } from "./compare-day.ts";
import { loadBill } from "./load-bill.ts";

/** After a long pause days are caught up with a few at a time. */
const DAYS_AT_A_TIME = 10;

/** How many lines of an earlier bill one statement deletes. */
const LINES_AT_A_TIME = 2000;

/**
 * Writes down the days whose bills are to be had by now: from yesterday on, when there is none yet. Returns how many days it
 * went through, a bounded number.
 */
export async function openBillDays(ctx: PaymentContext, { name, bills }: PaymentProvider): Promise<number> {
  if (!bills) return 0;
  const last = newestReady(presentOf(ctx), bills);
  const [newest] = await read(() => newestBillDay(ctx.db, name));
  let day = newest ? addDays(newest.billDate, 1) : last;
  let days = 0;
  for (; day <= last && days < DAYS_AT_A_TIME; days++, day = addDays(day, 1)) {
    await insertBillDay(ctx.db, { provider: name, billDate: day }, presentOf(ctx));
  }
  return days;
}

/** Fetches a day's bill and compares it. Returns false when more of it fits into another run only. */
export async function pursueBillDay(ctx: PaymentContext, day: BillDay): Promise<boolean> {
  if (day.state === "COMPARING") return await compareDay(ctx, day);
  if (!(await loadBill(ctx, day))) return true;
  const [loaded] = await read(() => findBillDay(ctx.db, day));
  return loaded?.state === "COMPARING" ? await compareDay(ctx, loaded) : true;
}

/** Ends a compared day once nothing of it is to be looked into any more. */
export async function concludeBillDay(ctx: PaymentContext, day: BillDay): Promise<void> {
  const { provider, billDate, entryCount } = day;
  const counted = await read(() => countDifferences(ctx.db, day));
  const found = Object.fromEntries(counted.map(({ state, found }) => [state.toLowerCase(), found]));
  if (found.open || found.parked) {
    await putOffBillDay(ctx.db, day, nextCheck(ctx, day.checks));
    return;
  }
  // Not before: what a fee was in the bill before is a part of what differs.
  if ((await deleteOlderBillEntries(ctx.db, day, LINES_AT_A_TIME)) === LINES_AT_A_TIME) return;
  const { healed = 0, reported = 0, unjudged = 0 } = found;
  const detail = { provider, date: billDate, lines: entryCount, healed, reported, unjudged };
  // The event first: who is interrupted between the two writes it again, which does nothing.
  await recordEvent(ctx, { kind: "books.reconciled", subject: `${provider}:${billDate}`, detail });
  if ((await finishBillDay(ctx.db, day, presentOf(ctx))) > 0) ctx.log.info("books.reconciled", detail);
}
