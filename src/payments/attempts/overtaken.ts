/** Attempts that have ended, or may have, by the time that the provider answers: the buyer hears how the books stand. */
import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { type ErrorCode, PayError } from "../../errors.ts";
import type { Outcome } from "../../providers/outcome.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { callContext, type PaymentContext } from "../context.ts";
import type { OrderRow } from "../orders/view.ts";
import { applyTradeView } from "../settlement.ts";
import { pursueClosing } from "./close-attempt.ts";
import { providerTrouble } from "./trouble.ts";
import { type AttemptRow, attemptKey, attemptRef } from "./view.ts";

/**
 * The attempt ended while the provider was asked. The trade may have come to life only after it was closed, so
 * it is closed once more; the buyer never gets its credential.
 */
export async function afterOvertaken(ctx: PaymentContext, attempt: AttemptRow): Promise<never> {
  const current = await readCurrent(ctx, attempt);
  if (current && current.attempt.state !== "SUCCESS") {
    ctx.defer((later) => pursueClosing(later, current.attempt));
  }
  throw new PayError(endOf(current?.order) ?? "REQUEST_IN_PROGRESS");
}

/**
 * The provider refused what may be the echo of a send that had taken effect: the trade may be paid or closed by now. Only
 * a query tells, and what it says is booked at once. Throws the order's state as ORDER_…, PAYMENT_CLOSED when another
 * attempt is due, and PROVIDER_… as long as nothing has been found out.
 */
export async function afterEcho(
  ctx: PaymentContext,
  provider: PaymentProvider,
  attempt: AttemptRow,
  echo: Extract<Outcome<never>, { kind: "unknown" }>,
): Promise<never> {
  const { outTradeNo } = attempt;
  const answer = await provider.query(attemptRef(attempt), callContext(ctx, false));
  if (answer.kind !== "ok") throw providerTrouble(answer, outTradeNo);
  const applied = await applyTradeView(ctx, attemptKey(attempt), answer.value);
  ctx.log.info("payment.create.echo", { attempt: outTradeNo, status: answer.value.status, applied });
  if (applied === "in_question") return await afterOvertaken(ctx, attempt);
  if (applied === "unchanged" && answer.value.status !== "closed") throw providerTrouble(echo, outTradeNo);
  const current = await readCurrent(ctx, attempt);
  throw new PayError(endOf(current?.order) ?? "PAYMENT_CLOSED");
}

/** The attempt and its order as they are now. */
export async function readCurrent(ctx: PaymentContext, { outTradeNo }: AttemptRow) {
  const [current] = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(paymentTransactions)
      .innerJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  );
  return current;
}

/** Why an order takes no attempt any more; undefined while it does. */
export function endOf(order: OrderRow | undefined): ErrorCode | undefined {
  if (order?.state === "PAID") return "ORDER_PAID";
  if (order?.state === "CLOSED") return "ORDER_CLOSED";
  return order?.closingAt ? "ORDER_CLOSING" : undefined;
}
