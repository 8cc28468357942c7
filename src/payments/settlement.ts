/** Settlement: what a provider says of a trade becomes a fact in the books, once. */
import { eq } from "drizzle-orm";
import { CheckRefused, read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { closeAttempt } from "../../db/statements/attempt.ts";
import { type AttemptKey, settleAttempt } from "../../db/statements/settle.ts";
import type { Receipt, TradeView } from "../providers/trade.ts";
import { isKey } from "./anomalies.ts";
import { isCancelled } from "./attempts/closing.ts";
import type { AttemptRow } from "./attempts/view.ts";
import { inSeconds, type PaymentContext, presentOf } from "./context.ts";
import type { OrderRow } from "./orders/view.ts";
import { bookGoneBackLater, bookRepeated, setAside } from "./unapplied.ts";

/**
 * `applied`: this money has paid its order, now or before. `unapplied`: it is on record beside the order.
 * `unknown_trade`: no attempt has this number. `foreign_application`: the attempt of this number is by a method that
 * is not among those which were named, so that nothing was changed. `unfunded`: a payment by points that its account
 * can't cover. `in_question`: the payment is being cancelled, or was, so that its money may be on its way back; whoever
 * ends it decides, and nothing was changed.
 */
export type Settlement =
  | "applied"
  | "repeated"
  | "unapplied"
  | "unknown_trade"
  | "foreign_application"
  | "unfunded"
  | "in_question";

const SETTLE_TRIES = 2;

/** How long after it was settled the money of a payment is looked at again that somebody was cancelling. */
const CONFIRM_SECONDS = 60;

/**
 * Who speaks of a trade. What anybody says may be older than a cancel. Whoever ends the payment has asked after the last
 * cancel, and has sent none since; another one may still be on its way, so that the money is looked at once more.
 */
export type Speaker = "anybody" | "who_ends_it";

/**
 * Books money that a provider holds for an attempt. One round trip when it pays its order. Safe to repeat, in any
 * order with anything else. Throws DatabaseUnavailable when it could not be booked; then it has to come again.
 */
export async function settle(
  ctx: PaymentContext,
  named: AttemptKey,
  receipt: Receipt,
  speaker: Speaker = "anybody",
): Promise<Settlement> {
  const { provider, outTradeNo } = named;
  for (let round = 1; ; round++) {
    const refusedByBooks = await trySettle(ctx, named, receipt, speaker);
    if (refusedByBooks === "settled") {
      ctx.log.info("payment.settled", { attempt: outTradeNo, provider, amount: receipt.amount });
      return "applied";
    }
    const found = await findMeant(ctx, named);
    if (typeof found === "string") return found;
    if (speaker === "anybody" && isInQuestion(found.attempt)) return "in_question";
    const booksRefuse = refusedByBooks === "check" || round >= SETTLE_TRIES;
    const settled = await settleOtherwise(ctx, found, receipt, booksRefuse);
    if (settled) return settled;
  }
}

async function trySettle(ctx: PaymentContext, attempt: AttemptKey, receipt: Receipt, speaker: Speaker) {
  const confirmAt = speaker === "who_ends_it" ? inSeconds(ctx, CONFIRM_SECONDS) : null;
  try {
    const matched = await settleAttempt(ctx.db, attempt, receipt, presentOf(ctx), confirmAt);
    return matched > 0 ? "settled" : "no_match";
  } catch (error) {
    if (error instanceof CheckRefused) return "check";
    throw error;
  }
}

interface Found {
  readonly attempt: AttemptRow;
  readonly order: OrderRow;
}

/** Whether an attempt's money may be on its way back, or have gone back: as the settling statement sees it. */
function isInQuestion({ method, state }: AttemptRow): boolean {
  const isOver = state === "CLOSING" || state === "CLOSED" || state === "FAILED";
  return isOver && isCancelled(method);
}

/** The attempt that a provider speaks of, or why it can't be one of ours. */
async function findMeant(
  ctx: PaymentContext,
  named: AttemptKey,
): Promise<Found | "unknown_trade" | "foreign_application"> {
  const [row] = await read(() =>
    ctx.db
      .select({ attempt: paymentTransactions, order: orders })
      .from(paymentTransactions)
      .innerJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(eq(paymentTransactions.outTradeNo, named.outTradeNo)),
  );
  if (row?.attempt.provider !== named.provider) return "unknown_trade";
  return named.methods.includes(row.attempt.method) ? row : "foreign_application";
}

/**
 * The slow path: says why the statement matched nothing, and books the money beside the order. Undefined: try again. No
 * attempt leaves SUCCESS, and no order becomes PENDING again once it is PAID or CLOSED (a CLOSED one may open again for late
 * money, and is PAID at once), so that a state which would have let the statement match and is read after it was so before:
 * what is missing then is a shelf, or an entry in a journal. An order that opens again after it was read here has its money:
 * whoever takes up what is recorded as LATE finds it PAID and gives this back.
 */
async function settleOtherwise(
  ctx: PaymentContext,
  { attempt, order }: Found,
  receipt: Receipt,
  booksRefuse: boolean,
): Promise<Settlement | undefined> {
  if (attempt.state === "SUCCESS") return await bookRepeated(ctx, attempt, receipt);
  if (attempt.provider === "points") return "unfunded";
  if (receipt.amount !== attempt.amount) return await setAside(ctx, attempt, receipt, "WRONG_AMOUNT");
  if (order.state === "PAID") return await setAside(ctx, attempt, receipt, "SECOND");
  if (order.state === "CLOSED") return await setAside(ctx, attempt, receipt, "LATE", order);
  return booksRefuse ? await setAside(ctx, attempt, receipt, "BOOKS_REFUSED") : undefined;
}

/**
 * Books what a provider says of a trade, whoever asked or was told. Money is settled; money that has come and
 * gone is recorded and held; a closed trade ends its attempt; anything else changes nothing. Only an attempt by one of
 * the methods that are named is meant: those of the application in a callback, or the attempt's own after a query.
 */
export async function applyTradeView(
  ctx: PaymentContext,
  named: AttemptKey,
  trade: TradeView,
  speaker: Speaker = "anybody",
): Promise<Settlement | "closed" | "unchanged"> {
  if (!isKey(named.outTradeNo)) return "unknown_trade";
  switch (trade.status) {
    case "paid":
      return await settle(ctx, named, trade.receipt, speaker);
    case "refunded":
      return await bookMoneyGoneBack(ctx, named, trade);
    case "closed":
      return await bookClosed(ctx, named);
    case "pending":
    case "not_found":
      return "unchanged";
  }
}

async function bookClosed(
  ctx: PaymentContext,
  named: AttemptKey,
): Promise<"closed" | "unchanged" | "foreign_application"> {
  if ((await closeAttempt(ctx.db, named, presentOf(ctx))) > 0) return "closed";
  return (await findMeant(ctx, named)) === "foreign_application" ? "foreign_application" : "unchanged";
}

/** Money first seen when some of it has gone back already never pays an order. Known money is no news. */
async function bookMoneyGoneBack(
  ctx: PaymentContext,
  named: AttemptKey,
  { receipt, goneBack }: Extract<TradeView, { status: "refunded" }>,
): Promise<Settlement> {
  const found = await findMeant(ctx, named);
  if (typeof found === "string") return found;
  if (found.attempt.state === "SUCCESS") return await bookGoneBackLater(ctx, found.attempt, goneBack);
  return await setAside(ctx, found.attempt, receipt, "GONE_BACK");
}
