/** A combined payment as recorded: its own row, and the attempts of its orders. */
import { eq, type SQL } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { combinedPayments, paymentTransactions } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { AskedCombined, CombinedPayments, CombinedRef } from "../../providers/combined.ts";
import { METHODS, type PaymentMethod, type ProviderName } from "../../providers/methods.ts";
import type { AttemptRow } from "../attempts/view.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { maySee } from "../orders/read-order.ts";
import type { OrderRow } from "../orders/view.ts";
import { type Field, unseal } from "../sealed.ts";

export type CombinedRow = typeof combinedPayments.$inferSelect;

/** An order's part of a combined payment. */
interface Part {
  readonly attempt: AttemptRow;
  readonly order: OrderRow;
}

export interface Combined {
  readonly payment: CombinedRow;
  /** One for each of its orders, by number; none when the attempts could not be recorded. */
  readonly parts: readonly Part[];
}

/** An attempt as far as sending and showing go. */
export type Trade = Pick<AttemptRow, "orderId" | "outTradeNo" | "state" | "amount">;

/** A combined payment as it is sent: all of its attempts are on record. */
export interface Sendable {
  readonly payment: CombinedRow;
  readonly trades: readonly Trade[];
}

export function sendable({ payment, parts }: Combined): Sendable {
  return { payment, trades: parts.map((part) => part.attempt) };
}

/** Reads a combined payment in one round trip, by its number or by the idempotency key that made it. */
export async function findCombined(
  ctx: PaymentContext,
  by: { readonly combineOutTradeNo: string } | { readonly requestKey: string },
): Promise<Combined | undefined> {
  const wanted: SQL =
    "requestKey" in by
      ? eq(combinedPayments.requestKey, by.requestKey)
      : eq(combinedPayments.combineOutTradeNo, by.combineOutTradeNo);
  const rows = await read(() =>
    ctx.db
      .select({ payment: combinedPayments, attempt: paymentTransactions, order: orders })
      .from(combinedPayments)
      .leftJoin(paymentTransactions, eq(paymentTransactions.combineOutTradeNo, combinedPayments.combineOutTradeNo))
      .leftJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(wanted)
      .orderBy(paymentTransactions.outTradeNo),
  );
  const [first] = rows;
  const parts = rows.flatMap(({ attempt, order }) => (attempt && order ? [{ attempt, order }] : []));
  return first && { payment: first.payment, parts };
}

/** The combined payment of that number, for who may see it. Throws PAYMENT_NOT_FOUND. */
export async function getCombined(
  ctx: PaymentContext,
  actor: Actor,
  provider: ProviderName,
  combineOutTradeNo: string,
): Promise<Combined> {
  const found = await findCombined(ctx, { combineOutTradeNo });
  const isThere = found && found.parts.length > 0 && found.payment.provider === provider;
  if (!isThere || !maySee(actor, found.payment.userId)) throw new PayError("PAYMENT_NOT_FOUND");
  return found;
}

/** The combined payments of a configured provider. Throws METHOD_UNAVAILABLE. */
export function combinedPaymentsOf(ctx: PaymentContext, provider: ProviderName): CombinedPayments {
  const combined = ctx.providers.find(provider)?.combined;
  if (!combined) throw new PayError("METHOD_UNAVAILABLE");
  return combined;
}

/** The same, for opening one by this method. Throws METHOD_PROVIDER_MISMATCH too. */
export function combinedPaymentsBy(
  ctx: PaymentContext,
  provider: ProviderName,
  method: PaymentMethod,
): CombinedPayments {
  if (METHODS[method].provider !== provider) {
    throw new PayError("METHOD_PROVIDER_MISMATCH", {
      issues: [{ path: "method", message: `not a method of ${provider}` }],
    });
  }
  const combined = combinedPaymentsOf(ctx, provider);
  if (!combined.methods.includes(method)) throw new PayError("METHOD_UNAVAILABLE");
  return combined;
}

/** The combined payment as its provider is asked about it. */
export function combinedRef({ payment, trades }: Sendable): AskedCombined {
  const { method, combineOutTradeNo, expiresAt } = payment;
  const orders = trades.map(({ outTradeNo, amount }) => ({ outTradeNo, amount }));
  return { method, combineOutTradeNo, expiresAt, orders };
}

/** The combined payment as it is sent, with its text. Throws SealedTextError. */
export async function recordedCombined(ctx: PaymentContext, combined: Sendable): Promise<CombinedRef> {
  const { payment } = combined;
  const request = await unseal(ctx, combinedField("request", payment), payment.request);
  return { ...combinedRef(combined), request };
}

/** Where a text of a combined payment stands. */
export function combinedField(
  name: "request" | "credential",
  { combineOutTradeNo }: Pick<CombinedRow, "combineOutTradeNo">,
): Field {
  return { column: `combined_payments.${name}`, row: combineOutTradeNo };
}
