/** Buyers who come back from a provider's page: what they bring names an attempt, and only the provider says how it stands. */
import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { isKey } from "../anomalies.ts";
import type { PaymentContext } from "../context.ts";
import { askForPayment, type PaymentOfOrder, stateOf } from "./query-payment.ts";
import { isOpen, type PaymentState } from "./view.ts";

/** How an attempt stands that a buyer has come back from, or why nothing can be said of it. */
export type ReturnedPayment = PaymentState | "unverified" | "unknown";

/**
 * Verifies the query of a return address and says how the attempt stands that it names. Nothing is booked because of
 * the address: while the attempt is open the provider is asked, and what it says is booked. When the provider is in
 * trouble the answer is how the books stand.
 */
export async function returnedPayment(
  ctx: PaymentContext,
  provider: PaymentProvider,
  query: string,
): Promise<ReturnedPayment> {
  const verdict = await provider.verifyReturn?.(query, ctx.now());
  if (!verdict) return "unknown";
  if (!verdict.verified) {
    ctx.log.warn("return.unverified", { provider: provider.name, reason: verdict.reason, detail: verdict.detail });
    return "unverified";
  }
  const found = isKey(verdict.outTradeNo) ? await readByNumber(ctx, verdict.outTradeNo) : undefined;
  if (found?.attempt.provider !== provider.name) return "unknown";
  if (!isOpen(found.attempt.state) || !(await hasChanged(ctx, found))) return stateOf(found);
  return stateOf((await readByNumber(ctx, verdict.outTradeNo)) ?? found);
}

async function hasChanged(ctx: PaymentContext, { attempt }: PaymentOfOrder): Promise<boolean> {
  try {
    return await askForPayment(ctx, attempt);
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    ctx.log.warn("return.unanswered", { attempt: attempt.outTradeNo, code: error.code });
    return false;
  }
}

async function readByNumber(ctx: PaymentContext, outTradeNo: string): Promise<PaymentOfOrder | undefined> {
  const [found] = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(paymentTransactions)
      .innerJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  );
  return found;
}
