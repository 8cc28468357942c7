import { and, desc, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { askForCombined } from "../combined/ask-combined.ts";
import { findCombined } from "../combined/record.ts";
import { type Actor, callContext, type PaymentContext } from "../context.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible, type OrderRow, orderStatus } from "../orders/view.ts";
import { applyTradeView } from "../settlement.ts";
import { lookSoon } from "./in-question.ts";
import { providerTrouble } from "./trouble.ts";
import { type AttemptRow, attemptKey, attemptRef, isOpen, type PaymentState, paymentState } from "./view.ts";

export interface PaymentOfOrder {
  readonly order: OrderRow;
  readonly attempt: AttemptRow;
}

/**
 * Says how an order's payment with a provider stands: the attempt that won, else the newest. One round trip when
 * that is final; while it is open the provider is asked, and what it says is booked. Throws PAYMENT_NOT_FOUND.
 */
export async function queryPayment(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  orderId: string,
): Promise<PaymentState> {
  const found = await readPayment(ctx, actor, provider, orderId);
  if (!isOpen(found.attempt.state)) return stateOf(found);
  const changed = await askForPayment(ctx, found.attempt);
  return stateOf(changed ? await readPayment(ctx, actor, provider, orderId) : found);
}

/** Asks the provider and books what it says. Returns whether that changed anything. Throws a provider's trouble. */
export async function askForPayment(ctx: PaymentContext, attempt: AttemptRow): Promise<boolean> {
  const { provider, outTradeNo, combineOutTradeNo } = attempt;
  if (combineOutTradeNo !== null) return await askForAll(ctx, combineOutTradeNo);
  const answer = await ctx.providers.get(provider).query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") throw providerTrouble(answer, outTradeNo);
  const applied = await applyTradeView(ctx, attemptKey(attempt), answer.value);
  if (applied === "in_question") await lookSoon(ctx, attempt);
  return applied !== "unchanged";
}

/** A part of a combined payment can't be asked for alone. */
async function askForAll(ctx: PaymentContext, combineOutTradeNo: string): Promise<boolean> {
  const combined = await findCombined(ctx, { combineOutTradeNo });
  if (!combined) throw new Error("a combined payment is missing from the books");
  const asked = await askForCombined(ctx, combined);
  if (asked.kind !== "ok") throw providerTrouble(asked, combineOutTradeNo);
  return asked.standing === "changed";
}

export function stateOf(found: PaymentOfOrder): PaymentState {
  return paymentState(found.attempt, orderStatus(found.order));
}

/** The attempt that won, else the newest of this provider. Throws ORDER_NOT_FOUND or PAYMENT_NOT_FOUND. */
export async function readPayment(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  orderId: string,
): Promise<PaymentOfOrder> {
  const rows = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(orders)
      .leftJoin(
        paymentTransactions,
        and(eq(paymentTransactions.orderId, orders.id), eq(paymentTransactions.provider, provider)),
      )
      .where(eq(orders.id, orderId))
      .orderBy(desc(paymentTransactions.createdAt)),
  );
  const order = rows[0]?.order;
  if (!order || !isVisible(order) || !maySee(actor, order.userId)) throw new PayError("ORDER_NOT_FOUND");
  const attempts = rows.flatMap((row) => row.attempt ?? []);
  const attempt = attempts.find((candidate) => candidate.outTradeNo === order.paidBy) ?? attempts[0];
  if (!attempt) throw new PayError("PAYMENT_NOT_FOUND");
  return { order, attempt };
}
