/** Looking into a difference: whether it is still there, and whether the provider's word makes it go away. */
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import type { Difference } from "../../../db/schema/bills.ts";
import type { Suggestion } from "../../../db/schema/records.ts";
import type { BillDay } from "../../../db/statements/bill-day.ts";
import type { DifferenceRow } from "../../../db/statements/bill-difference.ts";
import { type EntryStart, paymentPairs, refundPairs } from "../../../db/statements/bill-entry.ts";
import { unnumberedRefunds } from "../../../db/statements/bill-ours.ts";
import type { PaymentContext } from "../context.ts";
import { type Asked, askAboutPayment, askAboutRefund } from "./ask-provider.ts";
import type { PaymentPair, RefundPair } from "./compare.ts";
import { type Facts, type Found, fromPayment, fromRefund, paymentFacts, refundFacts } from "./found.ts";

/** What is to become of a difference. */
export type Verdict =
  /** `others`: in what else bill and books differ, now that the books have it. */
  | { readonly kind: "agreed"; readonly others?: readonly Found[] }
  | { readonly kind: "parked" | "unjudged" }
  /** `silent`, `under_way`: time might still make it go away. */
  | { readonly kind: "differs" | "silent" | "under_way"; readonly report: Report };

/** What an operator hears. */
export interface Report {
  readonly facts: Facts;
  readonly suggestion: Suggestion;
  readonly orderId?: string | undefined;
  readonly refundId?: string | undefined;
}

/** How a line of a bill and the books stand now. */
interface Standing {
  /** In what they differ. */
  readonly found: readonly Found[];
  readonly report: Report;
  readonly ask: () => Promise<Asked>;
}

/** Judges what the bill lists and the books don't have like that. The provider is asked where its answer may help. */
export async function judgeListed(ctx: PaymentContext, day: BillDay, row: DifferenceRow): Promise<Verdict> {
  const { difference } = row;
  const before = await standingOf(ctx, day, row);
  if (!before || !isAmong(before.found, difference)) return { kind: "agreed" };
  if (difference !== "MISSING_HERE" && difference !== "STATUS_DIFFERS")
    return { kind: "differs", report: before.report };
  const asked = await askSafely(ctx, row, before.ask);
  if (asked === "unknown_here") return { kind: "differs", report: before.report };
  if (asked === "came_to_nothing") return { kind: "agreed" };
  const after = await standingOf(ctx, day, row);
  if (!after || !isAmong(after.found, difference)) return { kind: "agreed", others: after?.found ?? [] };
  return { kind: asked === "asked" ? "differs" : asked, report: after.report };
}

function isAmong(found: readonly Found[], difference: Difference): boolean {
  return found.some((each) => each.difference === difference);
}

/** An answer that can't be booked now leaves things as they are, like none. */
async function askSafely(ctx: PaymentContext, { provider, number }: DifferenceRow, ask: () => Promise<Asked>) {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DatabaseUnavailable) throw error;
    ctx.log.error("bill.answer_not_booked", error, { provider, number });
    return "silent";
  }
}

/** Undefined when the bill, fetched anew, has no such line any more. */
async function standingOf(ctx: PaymentContext, day: BillDay, row: DifferenceRow): Promise<Standing | undefined> {
  const only: EntryStart = { only: row };
  if (row.kind === "payment") {
    const [pair] = await read(() => paymentPairs(ctx.db, day, only, 1));
    return pair && standingOfPayment(ctx, row, pair);
  }
  const [pair] = await read(() => refundPairs(ctx.db, day, only, 1));
  return pair && (await standingOfRefund(ctx, row, pair));
}

function standingOfPayment(ctx: PaymentContext, row: DifferenceRow, pair: PaymentPair): Standing {
  const { attempt, capture } = pair;
  const own = attempt?.provider === row.provider ? attempt : undefined;
  const isUnfinished = own ? own.state !== "SUCCESS" : capture !== null;
  return {
    found: fromPayment(row.provider, pair),
    report: {
      facts: paymentFacts(row.provider, pair),
      suggestion: suggestionFor(row, isUnfinished),
      orderId: own?.orderId,
    },
    ask: () => askAboutPayment(ctx, ctx.providers.get(row.provider), pair),
  };
}

async function standingOfRefund(ctx: PaymentContext, row: DifferenceRow, pair: RefundPair): Promise<Standing> {
  const { refund } = pair;
  const attempt = pair.attempt?.provider === row.provider ? pair.attempt : undefined;
  const unnumbered = !refund && attempt?.outTradeNo === row.number ? attempt : undefined;
  const { billed, booked } = unnumbered
    ? await read(() => unnumberedRefunds(ctx.db, row.provider, unnumbered))
    : { billed: 0, booked: 0 };
  const isOnRecord = unnumbered !== undefined && booked >= billed;
  const suggestion = suggestionFor(row, refund !== null && refund.state !== "SUCCESS");
  return {
    found: isOnRecord ? [] : fromRefund(row.provider, pair),
    report: {
      facts: refundFacts(pair),
      suggestion,
      orderId: refund?.orderId ?? attempt?.orderId,
      refundId: refund?.id,
    },
    // Of what is on record in part nobody can tell whether the answer holds that part.
    ask: () =>
      booked > 0 ? Promise.resolve("unknown_here") : askAboutRefund(ctx, ctx.providers.get(row.provider), pair),
  };
}

/** What is unfinished here may have an end by another query; anything else only the provider's people can explain. */
function suggestionFor({ difference }: DifferenceRow, isUnfinished: boolean): Suggestion {
  const mayEnd = difference === "MISSING_HERE" || difference === "STATUS_DIFFERS";
  return mayEnd && isUnfinished ? "QUERY" : "ASK_PROVIDER";
}
