/** What the books have and a day's bill does not: around midnight, and for refunds under way, another day's may list it. */
import { read } from "../../../db/run.ts";
import { billDaysBetween } from "../../../db/statements/bill-day.ts";
import type { DifferenceRow } from "../../../db/statements/bill-difference.ts";
import { ourCapture, ourPayment, ourRefund } from "../../../db/statements/bill-ours.ts";
import type { Bills } from "../../providers/bill.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { keptSince } from "../retention.ts";
import { addDays, dayOf, readyAt } from "./calendar.ts";
import type { Facts } from "./found.ts";
import type { Verdict } from "./judge.ts";

/** How far a provider's clock, its bills' and ours may be apart. */
const MARGIN_MS = 30 * 60_000;

/** A refund may be on its way for long; further back no bill is looked for. */
const MOST_DAYS = 60;

/** What the books have under a number, and between which moments a bill may date it. */
interface Ours {
  readonly orderId?: string;
  readonly refundId?: string;
  readonly begunAt: Date | null;
  readonly doneAt: Date | null;
  readonly listed: number;
}

/** Judges what the books have as successful and its day's bill does not list. No query changes a bill. */
export async function judgeUnlisted(ctx: PaymentContext, row: DifferenceRow, facts: Facts): Promise<Verdict> {
  const bills = ctx.providers.find(row.provider)?.bills;
  const ours = await findOurs(ctx, row);
  if (!ours || Number(ours.listed) === 1) return { kind: "agreed" };
  if (!bills) return { kind: "parked" };
  const missing = await missingBills(ctx, row, bills, ours);
  if (missing.includes("pending")) return { kind: "parked" };
  if (missing.includes("never")) return { kind: "unjudged" };
  const { orderId, refundId } = ours;
  return { kind: "differs", report: { facts, suggestion: "QUERY", orderId, refundId } };
}

async function findOurs({ db }: PaymentContext, { provider, kind, number }: DifferenceRow): Promise<Ours | undefined> {
  if (kind === "refund") return (await read(() => ourRefund(db, provider, number)))[0];
  const [payment] = await read(() => ourPayment(db, provider, number));
  return payment ?? (await read(() => ourCapture(db, provider, number)))[0];
}

/** Of the days whose bills might list it, how it stands with those that have not been fetched. */
async function missingBills(
  ctx: PaymentContext,
  { provider, kind, billDate }: DifferenceRow,
  bills: Bills,
  { begunAt, doneAt }: Ours,
): Promise<("pending" | "never")[]> {
  const done = doneAt ?? presentOf(ctx);
  const begun = kind === "refund" && bills.refundsDatedBy === "request" ? (begunAt ?? done) : done;
  const first = dayOf(new Date(Math.min(begun.getTime(), done.getTime()) - MARGIN_MS));
  const last = dayOf(new Date(done.getTime() + MARGIN_MS));
  const days = daysFrom(first, last);
  const known = await read(() => billDaysBetween(ctx.db, provider, days[0] ?? last, last));
  const oldest = dayOf(keptSince(ctx));
  return days.flatMap((date) => {
    // Its lines have been deleted since.
    if (date !== billDate && date <= oldest) return ["never" as const];
    const day = known.find((each) => each.billDate === date);
    if (day) return day.loadNo > 0 ? [] : [day.state === "UNAVAILABLE" ? "never" : "pending"];
    const isToCome = date > billDate || readyAt(date, bills) > presentOf(ctx);
    return [isToCome ? "pending" : "never"];
  });
}

/** The days from one to another, or as many of the last ones as are looked at. */
function daysFrom(first: string, last: string): string[] {
  const days = [last];
  for (let day = last; day > first && days.length < MOST_DAYS; ) {
    day = addDays(day, -1);
    days.unshift(day);
  }
  return days;
}
