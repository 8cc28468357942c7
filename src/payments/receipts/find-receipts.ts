import { and, desc, eq, lt, type SQL } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions as attempts, type UnappliedPolicy } from "../../../db/schema/payments.ts";
import { refundedElsewhere } from "../../../db/statements/refund.ts";
import { PayError } from "../../errors.ts";
import { fen } from "../../money.ts";
import type { PaymentContext } from "../context.ts";
import { type FoundReceipt, isReceipt } from "./view.ts";

function select(ctx: PaymentContext, which: SQL | undefined, limit: number) {
  return read(() =>
    ctx.db
      .select({ attempt: attempts, order: orders, elsewhere: refundedElsewhere.mapWith(Number) })
      .from(attempts)
      .innerJoin(orders, eq(orders.id, attempts.orderId))
      .where(which)
      .orderBy(desc(attempts.outTradeNo))
      .limit(limit),
  );
}

function asReceipts(rows: Awaited<ReturnType<typeof select>>): FoundReceipt[] {
  return rows.flatMap(({ attempt, order, elsewhere: given }) =>
    isReceipt(attempt) ? [{ attempt, order, refundedElsewhere: fen(given) }] : [],
  );
}

/** Money that could not pay its order at once, by its out_trade_no. Throws RECEIPT_NOT_FOUND. */
export async function getReceipt(ctx: PaymentContext, outTradeNo: string): Promise<FoundReceipt> {
  const [found] = asReceipts(await select(ctx, eq(attempts.outTradeNo, outTradeNo), 1));
  if (!found) throw new PayError("RECEIPT_NOT_FOUND");
  return found;
}

export interface ReceiptPage {
  readonly policy: UnappliedPolicy;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Money beside its order under one policy, newest order first. */
export async function listReceipts(
  ctx: PaymentContext,
  { policy, before, limit }: ReceiptPage,
): Promise<FoundReceipt[]> {
  const older = before === undefined ? undefined : lt(attempts.outTradeNo, before);
  const which = and(eq(attempts.policy, policy), eq(attempts.disposition, "UNAPPLIED"), older);
  return asReceipts(await select(ctx, which, limit));
}
