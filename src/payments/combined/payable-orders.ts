/** The orders that one payment is to pay: whether each of them can be paid, and what is open for them. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import { orders } from "../../../db/schema/orders.ts";
import { combinedPayments, paymentTransactions } from "../../../db/schema/payments.ts";
import { type ErrorCode, PayError } from "../../errors.ts";
import type { Fen } from "../../money.ts";
import { assertPayable } from "../attempts/payable.ts";
import type { AttemptRow } from "../attempts/view.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { assertUnanswered, underKey } from "../idempotency.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible, type OrderRow } from "../orders/view.ts";

/** One order of a request. */
export interface AskedOrder {
  readonly orderId: string;
  /** What the caller believes is left to pay, in fen: it must be so. */
  readonly amount: Fen;
  readonly subject?: string | undefined;
}

export interface OrdersToPay {
  /** In the order of the request. */
  readonly orders: readonly OrderRow[];
  /** All attempts that are open for any of them. */
  readonly open: readonly AttemptRow[];
  /** Whether the same idempotency key made a combined payment before. */
  readonly isRepeat: boolean;
}

/**
 * The orders of a request with their open attempts, in one round trip. Throws ORDER_NOT_FOUND, also for somebody else's,
 * BAD_INPUT for orders of different users, naming the order, and AnsweredBefore when the key has its answer.
 */
export async function readOrdersToPay(
  ctx: PaymentContext,
  actor: Actor,
  asked: readonly AskedOrder[],
  requestKey?: string,
): Promise<OrdersToPay> {
  const ids = asked.map(({ orderId }) => orderId);
  const isOpen = inArray(paymentTransactions.state, ["CREATED", "PENDING"]);
  const rows = await read(() =>
    ctx.db
      .select({
        order: orders,
        attempt: paymentTransactions,
        earlier: combinedPayments.combineOutTradeNo,
        answered: idempotencyAnswers,
      })
      .from(orders)
      .leftJoin(paymentTransactions, and(eq(paymentTransactions.orderId, orders.id), isOpen))
      .leftJoin(combinedPayments, madeBy(requestKey))
      .leftJoin(idempotencyAnswers, underKey(requestKey))
      .where(inArray(orders.id, ids)),
  );
  assertUnanswered(rows[0]?.answered);
  const found = ids.map((id, index) => {
    const order = rows.find((row) => row.order.id === id)?.order;
    if (!order || !isVisible(order) || !maySee(actor, order.userId)) throw refusal("ORDER_NOT_FOUND", index);
    return order;
  });
  assertOneUser(found);
  const isRepeat = rows.some(({ earlier }) => earlier !== null);
  return { orders: found, open: rows.flatMap((row) => row.attempt ?? []), isRepeat };
}

function madeBy(requestKey: string | undefined): SQL {
  return requestKey === undefined ? sql`false` : eq(combinedPayments.requestKey, requestKey);
}

/** Throws what keeps one of the orders from being paid now, naming it. */
export function assertAllPayable(ctx: PaymentContext, asked: readonly AskedOrder[], found: OrdersToPay): void {
  for (const [index, { amount }] of asked.entries()) {
    const order = found.orders[index];
    if (!order) throw refusal("ORDER_NOT_FOUND", index);
    assertNamed(index, () => assertPayable(ctx, order, amount));
  }
}

function assertNamed(index: number, assert: () => void): void {
  try {
    assert();
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    throw refusal(error.code, index, error.code === "AMOUNT_MISMATCH" ? ".amount" : "");
  }
}

function assertOneUser(found: readonly OrderRow[]): void {
  const other = found.findIndex((order) => order.userId !== found[0]?.userId);
  if (other < 0) return;
  throw new PayError("BAD_INPUT", {
    issues: [{ path: `orders[${other}].orderId`, message: "is another user's order" }],
  });
}

/** An error that names the order it is about by its place in the request. */
function refusal(code: ErrorCode, index: number, member = ""): PayError {
  const { message } = new PayError(code);
  return new PayError(code, { issues: [{ path: `orders[${index}]${member}`, message }] });
}
