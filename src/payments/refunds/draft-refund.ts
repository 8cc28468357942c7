/** What a refund gives back: money, points and pieces, by what is left. */
import type { RefundOrigin } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { Fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { Actor, PaymentContext } from "../context.ts";
import type { RequestKey } from "../idempotency.ts";
import { newOutRefundNo } from "../ids.ts";
import type { OrderItemRow } from "../orders/view.ts";
import { seal } from "../sealed.ts";
import { divide, type PaidBy } from "./divide-refund.ts";
import { newRefund } from "./record.ts";
import { standingOf, valueLeft } from "./split.ts";
import { type RefundRow, type ReturnedItem, refundField } from "./view.ts";

export interface RefundRequest {
  readonly provider: ProviderName;
  readonly orderId: string;
  /** How much of the order goes back, points that were used at their worth, in fen; all that is left when absent. */
  readonly amount?: Fen | undefined;
  readonly reason: string;
  /** Pieces that come back. Absent: all that are left when all the money goes back, else none. */
  readonly items?: readonly ReturnedItem[] | undefined;
}

export interface PaidOrder extends PaidBy {
  readonly items: readonly OrderItemRow[];
  /** The refund that the same key made before. */
  readonly earlier: RefundRow | undefined;
}

const ORIGINS: Readonly<Record<Actor["role"], RefundOrigin>> = {
  customer: "CUSTOMER",
  service: "SERVICE",
  operator: "OPERATOR",
  auditor: "OPERATOR",
};

/**
 * The refund that a request asks for, by what is left of its payment. Throws REFUND_EXCEEDS_PAYMENT and
 * REFUND_ITEMS_EXCEED_ORDER; what two requests would both take shows only when they are reserved.
 */
export async function draftRefund(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  paid: PaidOrder,
  key: RequestKey,
): Promise<RefundRow> {
  const { order } = paid;
  const left = valueLeft(standingOf(paid));
  const value = request.amount ?? left;
  if (value <= 0 || value > left) {
    throw new PayError("REFUND_EXCEEDS_PAYMENT", { issues: [{ path: "amount", message: "more than is left" }] });
  }
  // With another refund under way nobody knows yet whether this one takes the last of it.
  const allOfIt = value === left && order.refunding === 0 && order.pointsReturning === 0;
  const items = request.items ?? (allOfIt ? piecesLeft(paid.items) : []);
  assertPiecesLeft(paid.items, items);
  return newRefund(ctx, {
    ...(await draftOf(ctx, paid, value, request.reason)),
    ...{ origin: ORIGINS[actor.role], requestedBy: actor.id, items: JSON.stringify(items), lineCount: items.length },
    ...{ requestKey: key.key, requestHash: key.hash },
  });
}

/** The members of a refund of so much of an order, in fen, under a new number. */
export async function draftOf(ctx: PaymentContext, paid: PaidBy, value: number, reason: string) {
  const { order, attempt } = paid;
  const number = newOutRefundNo(order.id);
  const named = { id: number, outRefundNo: number, outTradeNo: attempt?.outTradeNo ?? order.id };
  const division = await divide(ctx, paid, { ...named, reason }, value);
  const sealed = await seal(ctx, refundField("reason", named), reason);
  return { ...named, ...division, reason: sealed, orderId: order.id, userId: order.userId, applied: true };
}

function piecesLeft(lines: readonly OrderItemRow[]): ReturnedItem[] {
  return lines
    .map((line) => ({ sku: line.sku, quantity: line.quantity - line.returnedQuantity - line.returningQuantity }))
    .filter((item) => item.quantity > 0);
}

function assertPiecesLeft(lines: readonly OrderItemRow[], items: readonly ReturnedItem[]): void {
  const left = new Map(piecesLeft(lines).map((item) => [item.sku, item.quantity]));
  const issues = items.flatMap(({ sku, quantity }, index) =>
    quantity > (left.get(sku) ?? 0)
      ? [{ path: `items[${index}]`, message: `${left.get(sku) ?? 0} left to return` }]
      : [],
  );
  if (issues.length > 0) throw new PayError("REFUND_ITEMS_EXCEED_ORDER", { issues });
}
