/** Comparing a bill with the books, in both directions, a page at a time. Interrupted anywhere, it goes on from there. */
import * as z from "zod";
import { read } from "../../../db/run.ts";
import { advanceComparison, type BillDay, finishComparison } from "../../../db/statements/bill-day.ts";
import { insertDifferences, reopenDifferences } from "../../../db/statements/bill-difference.ts";
import { paymentPairs, refundPairs } from "../../../db/statements/bill-entry.ts";
import { ourCaptures, ourPayments, ourRefunds } from "../../../db/statements/bill-ours.ts";
import { inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { spanOf } from "./calendar.ts";
import { type Found, fromPayment, fromRefund, missingThere, recorded } from "./found.ts";

const ROWS_AT_A_TIME = 500;

/** So many pages are compared at once; the next run goes on. */
const PAGES_AT_A_TIME = 50;

/** Others leave a day alone for so long after each page but the last one of a run. */
const CLAIM_SECONDS = 60;

/** What is gone through, one after the other: their payments, their refunds, then ours. */
const PASSES = ["their_payments", "their_refunds", "our_payments", "our_refunds", "our_captures"] as const;

const theirPlace = z.object({ number: z.string(), providerNo: z.string() });
const ourPlace = z.object({ number: z.string(), at: z.coerce.date() });
const position = z.object({ pass: z.enum(PASSES), after: z.unknown().optional() });
type Position = z.infer<typeof position>;

interface Page {
  readonly found: readonly Found[];
  /** Where the next page begins; undefined when there is none. */
  readonly after: unknown;
}

/** Compares as much of a COMPARING day as fits into one run. Returns false when more of it is left. */
export async function compareDay(ctx: PaymentContext, day: BillDay): Promise<boolean> {
  let at = day;
  for (let pages = 1; pages <= PAGES_AT_A_TIME; pages++) {
    const place = at.position === null ? startOf("their_payments") : position.parse(JSON.parse(at.position));
    const page = await comparePage(ctx, at, place);
    const now = presentOf(ctx);
    await insertDifferences(
      ctx.db,
      page.found.map((found) => recorded(ctx, at, found)),
      now,
    );
    const next = following(place, page);
    if (!next) return await finish(ctx, at);
    const nextPosition = JSON.stringify(next);
    const until = pages < PAGES_AT_A_TIME ? inSeconds(ctx, CLAIM_SECONDS) : now;
    if ((await advanceComparison(ctx.db, at, nextPosition, until)) === 0) return true;
    at = { ...at, position: nextPosition, steps: at.steps + 1 };
  }
  return false;
}

function startOf(pass: Position["pass"]): Position {
  return { pass, after: undefined };
}

function following({ pass }: Position, { after }: Page): Position | undefined {
  if (after !== undefined) return { pass, after };
  const next = PASSES[PASSES.indexOf(pass) + 1];
  return next && startOf(next);
}

/** A bill that was fetched before: whether what differed then still does is to be seen. */
async function finish(ctx: PaymentContext, day: BillDay): Promise<true> {
  const now = presentOf(ctx);
  if (day.previousLoadNo > 0) await reopenDifferences(ctx.db, day, now);
  await finishComparison(ctx.db, day, now);
  return true;
}

async function comparePage(ctx: PaymentContext, day: BillDay, { pass, after }: Position): Promise<Page> {
  const { provider, billDate } = day;
  const theirs = () => ({ after: after === undefined ? undefined : theirPlace.parse(after) });
  const ours = () => {
    const place = after === undefined ? undefined : ourPlace.parse(after);
    return [provider, spanOf(billDate), place, ROWS_AT_A_TIME] as const;
  };
  switch (pass) {
    case "their_payments": {
      const pairs = await read(() => paymentPairs(ctx.db, day, theirs(), ROWS_AT_A_TIME));
      return { found: pairs.flatMap((pair) => fromPayment(provider, pair)), after: placeOf(pairs) };
    }
    case "their_refunds": {
      const pairs = await read(() => refundPairs(ctx.db, day, theirs(), ROWS_AT_A_TIME));
      return { found: pairs.flatMap((pair) => fromRefund(provider, pair)), after: placeOf(pairs) };
    }
    case "our_payments": {
      const rows = await read(() => ourPayments(ctx.db, ...ours()));
      return { found: missingThere("payment", rows), after: ourPlaceOf(rows) };
    }
    case "our_refunds": {
      const rows = await read(() => ourRefunds(ctx.db, ...ours()));
      const places = rows.map(({ id: number, at }) => ({ number, at }));
      return { found: missingThere("refund", rows), after: ourPlaceOf(places) };
    }
    case "our_captures": {
      const rows = await read(() => ourCaptures(ctx.db, ...ours()));
      return { found: missingThere("payment", rows), after: ourPlaceOf(rows) };
    }
  }
}

function placeOf(pairs: readonly { readonly entry: z.infer<typeof theirPlace> }[]) {
  const last = lastOf(pairs)?.entry;
  return last && { number: last.number, providerNo: last.providerNo };
}

function ourPlaceOf(rows: readonly { readonly number: string; readonly at: Date | null }[]) {
  const last = lastOf(rows);
  return last && { number: last.number, at: last.at };
}

/** The last row of a full page; a page that is not full is the last one. */
function lastOf<T>(rows: readonly T[]): T | undefined {
  return rows.length < ROWS_AT_A_TIME ? undefined : rows.at(-1);
}
