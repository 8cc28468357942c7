/** What a refund gives back: money, points and pieces, by what is left. */
import type { RefundOrigin } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import { type Fen, fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { AttemptRow } from "../attempts/view.ts";
import type { Actor, PaymentContext } from "../context.ts";
import type { RequestKey } from "../idempotency.ts";
import { newOutRefundNo } from "../ids.ts";
import type { OrderItemRow, OrderRow } from "../orders/view.ts";
import { pointsShare } from "./points-share.ts";
import { newRefund } from "./record.ts";
import type { RefundRow, ReturnedItem } from "./view.ts";

export interface RefundRequest {
  readonly provider: ProviderName;
  readonly orderId: string;
  /** In fen; all that is left when absent. */
  readonly amount?: Fen | undefined;
  readonly reason: string;
  /** Pieces that come back. Absent: all that are left when all the money goes back, else none. */
  readonly items?: readonly ReturnedItem[] | undefined;
}

export interface PaidOrder {
  readonly order: OrderRow;
  readonly attempt: AttemptRow;
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
export function draftRefund(
  ctx: PaymentContext,
  actor: Actor,
  request: RefundRequest,
  paid: PaidOrder,
  key: RequestKey,
): RefundRow {
  const { order, attempt } = paid;
  const left = attempt.received - attempt.refunded - attempt.refunding;
  const amount = request.amount ?? fen(Math.max(0, left));
  if (amount === 0 || amount > left) {
    throw new PayError("REFUND_EXCEEDS_PAYMENT", { issues: [{ path: "amount", message: "more than is left" }] });
  }
  // With another refund under way nobody knows yet whether this one takes the last of it.
  const allOfIt = amount === left && attempt.refunding === 0;
  const items = request.items ?? (allOfIt ? piecesLeft(paid.items) : []);
  assertPiecesLeft(paid.items, items);
  const number = newOutRefundNo(order.id);
  const draft = {
    outRefundNo: number,
    outTradeNo: attempt.outTradeNo,
    amount,
    total: attempt.received,
    reason: request.reason,
  };
  return newRefund(ctx, {
    ...{ id: number, orderId: order.id, userId: order.userId, outTradeNo: attempt.outTradeNo },
    ...{ provider: attempt.provider, outRefundNo: number, origin: ORIGINS[actor.role], applied: true },
    ...{ amount, points: pointsShare(order, attempt, amount), reason: request.reason, requestedBy: actor.id },
    ...{ items: JSON.stringify(items), lineCount: items.length },
    ...{ requestKey: key.key, requestHash: key.hash },
    request: ctx.providers.get(attempt.provider).prepareRefund(draft),
  });
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
