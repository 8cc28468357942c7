/** Applying money to its order after all: what is in the way, and the one statement that does it. */
import { asc, eq } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { orderItems } from "../../../db/schema/orders.ts";
import { foreseeEarning, foreseeHold, foreseeSale } from "../../../db/statements/foresee.ts";
import { openAccount } from "../../../db/statements/points.ts";
import { applyReceipt, type SeenReceipt } from "../../../db/statements/receipt.ts";
import { PayError } from "../../errors.ts";
import { inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { explainRefusal } from "../orders/refusals.ts";
import type { OrderRow } from "../orders/view.ts";
import { earningOf } from "../points/rules.ts";
import { getReceipt } from "./find-receipts.ts";
import { type FoundReceipt, leftOf } from "./view.ts";

const APPLY_TRIES = 3;

/** So long after it was applied the money is looked at again: it came late, and may be on its way back. */
const CONFIRM_SECONDS = 60;

/** Why this money can't pay its order, as things stand; undefined when it might. */
export function obstacleTo(receipt: FoundReceipt): PayError | undefined {
  const { attempt, order } = receipt;
  if (attempt.disposition !== "UNAPPLIED") return new PayError("RECEIPT_DECIDED");
  if (attempt.unappliedReason === "GONE_BACK" || leftOf(receipt) < attempt.received) {
    return new PayError("RECEIPT_REFUNDED");
  }
  if (attempt.received !== order.amount) return new PayError("RECEIPT_AMOUNT_DIFFERS");
  return order.state === "PAID" ? new PayError("ORDER_PAID") : undefined;
}

/**
 * Applies money whose policy is REVIVE or APPLY to its order, which opens again for it when it was closed. Returns undefined
 * once the money is applied, else what is in the way: OUT_OF_STOCK, INSUFFICIENT_POINTS, BOOKS_INCOMPLETE, or what obstacleTo
 * returns. Any number of runs at once do the same as one.
 */
export async function tryApply(ctx: PaymentContext, outTradeNo: string): Promise<PayError | undefined> {
  for (let round = 1; round <= APPLY_TRIES; round++) {
    const receipt = await getReceipt(ctx, outTradeNo);
    if (receipt.attempt.disposition === "APPLIED") return undefined;
    const obstacle = obstacleTo(receipt);
    if (obstacle) return obstacle;
    const { policy } = receipt.attempt;
    if (policy !== "REVIVE" && policy !== "APPLY") return new PayError("RECEIPT_DECIDED");
    const result = await applyOnce(ctx, receipt, { outTradeNo, policy });
    if (result === "applied") return undefined;
    const lack = await lackOf(ctx, receipt, result);
    if (lack) return lack;
  }
  return new PayError("BOOKS_INCOMPLETE");
}

async function applyOnce(
  ctx: PaymentContext,
  { order }: FoundReceipt,
  seen: SeenReceipt,
): Promise<"applied" | "no_match" | "check"> {
  const { generation } = order;
  const state = order.state === "CLOSED" ? "CLOSED" : "PENDING";
  const cause = state === "CLOSED" ? `${order.id}#${generation + 1}` : order.id;
  if (state === "CLOSED") await foresee(ctx, order, seen.outTradeNo, cause);
  const times = { now: presentOf(ctx), lookAt: inSeconds(ctx, CONFIRM_SECONDS) };
  try {
    const matched = await applyReceipt(ctx.db, seen, { state, generation, cause }, times);
    if (matched === 0) return "no_match";
  } catch (error) {
    if (error instanceof CheckRefused) return "check";
    throw error;
  }
  ctx.log.info("payment.applied_late", { attempt: seen.outTradeNo, order: order.id, generation });
  return "applied";
}

/** Writes the entries that the statement posts, and the account that they need. */
async function foresee(ctx: PaymentContext, order: OrderRow, outTradeNo: string, cause: string): Promise<void> {
  const { generation, userId, lineCount, pointsToUse } = order;
  const now = presentOf(ctx);
  if (lineCount > 0) await foreseeSale(ctx.db, outTradeNo, generation, now);
  if (pointsToUse > 0) await foreseeHold(ctx.db, outTradeNo, generation, now);
  const earning = earningOf(ctx, order, cause);
  if (!earning) return;
  await openAccount(ctx.db, userId);
  await foreseeEarning(ctx.db, outTradeNo, generation, earning, now);
}

/** What a closed order lacks to open again; undefined when it may only have been overtaken. */
async function lackOf(
  ctx: PaymentContext,
  { attempt, order }: FoundReceipt,
  result: "no_match" | "check",
): Promise<PayError | undefined> {
  if (order.state !== "CLOSED") return result === "check" ? new PayError("BOOKS_INCOMPLETE") : undefined;
  const items = await read(() =>
    ctx.db.select().from(orderItems).where(eq(orderItems.orderId, order.id)).orderBy(asc(orderItems.sku)),
  );
  const refusal = await explainRefusal(ctx, { order, items }, undefined);
  // Pieces and points that this order has itself taken meanwhile would seem to be missing.
  if ((await getReceipt(ctx, attempt.outTradeNo)).order.generation !== order.generation) return undefined;
  const isSaid = refusal.code === "INSUFFICIENT_POINTS" || refusal.details.issues !== undefined;
  return isSaid || result === "check" ? refusal : undefined;
}
