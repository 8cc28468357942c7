/** Settlement: what a provider says of a trade becomes a fact in the books, once. */
import { eq } from "drizzle-orm";
import { CheckRefused, DatabaseUnavailable, read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions, type UnappliedPolicy, type UnappliedReason } from "../../db/schema/payments.ts";
import type { AnomalyKind } from "../../db/schema/records.ts";
import { type AttemptKey, closeAttempt, recordUnapplied, settleAttempt } from "../../db/statements/attempt.ts";
import type { ProviderName } from "../providers/methods.ts";
import type { Receipt, TradeView } from "../providers/provider.ts";
import { isKey, recordAnomaly } from "./anomalies.ts";
import type { AttemptRow } from "./attempts/view.ts";
import { type PaymentContext, presentOf } from "./context.ts";
import type { OrderRow } from "./orders/view.ts";

/**
 * `applied`: this money has paid its order, now or before. `unapplied`: it is on record beside the order.
 * `unknown_trade`: no attempt has this number. `unfunded`: a payment by points that its account can't cover.
 */
export type Settlement = "applied" | "repeated" | "unapplied" | "unknown_trade" | "unfunded";

const SETTLE_TRIES = 2;

/**
 * Books money that a provider holds for an attempt. One round trip when it pays its order. Safe to repeat, in any
 * order with anything else. Throws DatabaseUnavailable when it could not be booked; then it has to come again.
 */
export async function settle(
  ctx: PaymentContext,
  provider: ProviderName,
  outTradeNo: string,
  receipt: Receipt,
): Promise<Settlement> {
  for (let round = 0; round < SETTLE_TRIES; round++) {
    const refusedByBooks = await trySettle(ctx, { provider, outTradeNo }, receipt);
    if (refusedByBooks === "settled") {
      ctx.log.info("payment.settled", { attempt: outTradeNo, provider, amount: receipt.amount });
      return "applied";
    }
    const found = await readState(ctx, outTradeNo);
    if (!found || found.attempt.provider !== provider) return "unknown_trade";
    const settled = await settleOtherwise(ctx, found, receipt, refusedByBooks === "check");
    if (settled) return settled;
  }
  throw new DatabaseUnavailable("the settlement still applies but did not take effect");
}

async function trySettle(ctx: PaymentContext, attempt: AttemptKey, receipt: Receipt) {
  try {
    const matched = await settleAttempt(ctx.db, attempt, receipt, presentOf(ctx));
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

async function readState(ctx: PaymentContext, outTradeNo: string): Promise<Found | undefined> {
  const [row] = await read(() =>
    ctx.db
      .select({ attempt: paymentTransactions, order: orders })
      .from(paymentTransactions)
      .innerJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  );
  return row;
}

/** The slow path: says why the statement matched nothing, and books the money beside the order. Undefined: try again. */
async function settleOtherwise(
  ctx: PaymentContext,
  found: Found,
  receipt: Receipt,
  checkRefused: boolean,
): Promise<Settlement | undefined> {
  const { attempt, order } = found;
  if (attempt.state === "SUCCESS") return await repeated(ctx, attempt, receipt);
  if (attempt.provider === "points") return "unfunded";
  if (receipt.amount !== attempt.amount) return await setAside(ctx, found, receipt, "WRONG_AMOUNT");
  if (order.state === "PAID") return await setAside(ctx, found, receipt, "SECOND");
  if (order.state === "CLOSED") return await setAside(ctx, found, receipt, "LATE");
  return checkRefused ? await setAside(ctx, found, receipt, "BOOKS_REFUSED") : undefined;
}

/** Booked before. The same money is no news; other money under the same number is an anomaly. */
async function repeated(ctx: PaymentContext, attempt: AttemptRow, receipt: Receipt): Promise<Settlement> {
  if (receipt.amount !== attempt.received || receipt.providerTradeNo !== attempt.providerTradeNo) {
    await recordAnomaly(ctx, {
      kind: "WRONG_AMOUNT",
      number: attempt.outTradeNo,
      provider: attempt.provider,
      orderId: attempt.orderId,
      outTradeNo: attempt.outTradeNo,
      amounts: { booked: attempt.received, reported: receipt.amount },
      detail: { providerTradeNo: receipt.providerTradeNo },
    });
  }
  return attempt.disposition === "APPLIED" ? "repeated" : "unapplied";
}

const UNAPPLIED: Readonly<
  Record<UnappliedReason, { readonly policy: UnappliedPolicy; readonly anomaly: AnomalyKind }>
> = {
  LATE: { policy: "REFUND", anomaly: "LATE_PAYMENT" },
  SECOND: { policy: "REFUND", anomaly: "SECOND_PAYMENT" },
  WRONG_AMOUNT: { policy: "HOLD", anomaly: "WRONG_AMOUNT" },
  BOOKS_REFUSED: { policy: "HOLD", anomaly: "BOOKS_REFUSED" },
  GONE_BACK: { policy: "HOLD", anomaly: "MONEY_GONE_BACK" },
};

/** The anomaly first, so that nobody acknowledges money which no operator can see. */
async function setAside(
  ctx: PaymentContext,
  found: Found,
  receipt: Receipt,
  reason: UnappliedReason,
): Promise<Settlement> {
  const { attempt } = found;
  const { policy, anomaly } = UNAPPLIED[reason];
  await recordAnomaly(ctx, {
    kind: anomaly,
    number: attempt.outTradeNo,
    provider: attempt.provider,
    orderId: attempt.orderId,
    outTradeNo: attempt.outTradeNo,
    amounts: { expected: attempt.amount, received: receipt.amount },
    detail: { policy, providerTradeNo: receipt.providerTradeNo },
  });
  await recordUnapplied(ctx.db, attempt.outTradeNo, receipt, { reason, policy }, presentOf(ctx));
  ctx.log.warn("payment.unapplied", { attempt: attempt.outTradeNo, reason, policy });
  return "unapplied";
}

/**
 * Books what a provider says of a trade, whoever asked or was told. Money is settled; money that has come and
 * gone is recorded and held; a closed trade ends its attempt; anything else changes nothing.
 */
export async function applyTradeView(
  ctx: PaymentContext,
  provider: ProviderName,
  outTradeNo: string,
  trade: TradeView,
): Promise<Settlement | "closed" | "unchanged"> {
  if (!isKey(outTradeNo)) return "unknown_trade";
  switch (trade.status) {
    case "paid":
      return await settle(ctx, provider, outTradeNo, trade.receipt);
    case "refunded":
      return await bookMoneyGoneBack(ctx, provider, outTradeNo, trade.receipt);
    case "closed":
      return (await closeAttempt(ctx.db, { provider, outTradeNo }, presentOf(ctx))) > 0 ? "closed" : "unchanged";
    case "pending":
    case "not_found":
      return "unchanged";
  }
}

/** Money first seen when some of it has gone back already never pays an order. Known money is no news. */
async function bookMoneyGoneBack(
  ctx: PaymentContext,
  provider: ProviderName,
  outTradeNo: string,
  receipt: Receipt,
): Promise<Settlement> {
  const found = await readState(ctx, outTradeNo);
  if (!found || found.attempt.provider !== provider) return "unknown_trade";
  if (found.attempt.state === "SUCCESS") return await goneBackLater(ctx, found.attempt);
  return await setAside(ctx, found, receipt, "GONE_BACK");
}

/** Money on record has gone back: by our own refunds, or by somebody at the provider's console. */
async function goneBackLater(ctx: PaymentContext, attempt: AttemptRow): Promise<Settlement> {
  if (attempt.refunding + attempt.refunded === 0) {
    await recordAnomaly(ctx, {
      kind: "MONEY_GONE_BACK",
      number: attempt.outTradeNo,
      provider: attempt.provider,
      orderId: attempt.orderId,
      outTradeNo: attempt.outTradeNo,
      amounts: { received: attempt.received },
      detail: {},
    });
  }
  return "repeated";
}
