/** An order as its owner and operators see it. */
import type { CloseReason, orderItems, orders, RefundState } from "../../../db/schema/orders.ts";
import type { Fen } from "../../money.ts";
import type { PaymentContext } from "../context.ts";
import { type Field, unsealShown } from "../sealed.ts";
import type { Adjustment } from "./pricing.ts";

/** CLOSING is a PENDING order that takes no new attempts and waits for the old ones to be known as closed. */
export type OrderStatus = "PENDING" | "CLOSING" | "PAID" | "CLOSED";

interface OrderLineView {
  readonly sku: string;
  readonly title: string;
  readonly unitPrice: Fen;
  readonly quantity: number;
  readonly returnedQuantity: number;
}

/** Amounts in fen. `amount` is what is to be paid in money, after points. */
export interface OrderView {
  readonly orderId: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly subject: string;
  readonly items: readonly OrderLineView[];
  readonly adjustments: readonly Adjustment[];
  readonly totalAmount: Fen;
  readonly pointsToUse: number;
  readonly amount: Fen;
  readonly refundedAmount: Fen;
  readonly refundingAmount: Fen;
  readonly refundState: RefundState;
  readonly closeReason: CloseReason | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly paidAt: Date | null;
  readonly closedAt: Date | null;
}

export type OrderRow = typeof orders.$inferSelect;
export type OrderItemRow = typeof orderItems.$inferSelect;

/** What a row's state and closing time mean to a caller. A draft is no order yet: never pass one. */
export function orderStatus(order: Pick<OrderRow, "state" | "closingAt">): OrderStatus {
  if (order.state === "DRAFT") throw new Error("a draft has no status");
  return order.state === "PENDING" && order.closingAt !== null ? "CLOSING" : order.state;
}

/** Whether anybody may see this row: drafts, and drafts given up, are not orders. */
export function isVisible(order: Pick<OrderRow, "state" | "closeReason">): boolean {
  return order.state !== "DRAFT" && order.closeReason !== "DRAFT_ABANDONED";
}

/** Where the subject of an order stands: a buyer may have written it. */
export function subjectField({ id }: Pick<OrderRow, "id">): Field {
  return { column: "orders.subject", row: id };
}

export async function orderView(
  ctx: PaymentContext,
  order: OrderRow,
  items: readonly OrderItemRow[],
): Promise<OrderView> {
  return {
    orderId: order.id,
    userId: order.userId,
    status: orderStatus(order),
    subject: await unsealShown(ctx, subjectField(order), order.subject),
    items: items.map(({ sku, title, unitPrice, quantity, returnedQuantity }) => ({
      sku,
      title,
      unitPrice,
      quantity,
      returnedQuantity,
    })),
    adjustments: JSON.parse(order.adjustments) as Adjustment[],
    totalAmount: order.totalAmount,
    pointsToUse: order.pointsToUse,
    amount: order.amount,
    refundedAmount: order.refunded,
    refundingAmount: order.refunding,
    refundState: order.refundState ?? "NONE",
    closeReason: order.state === "CLOSED" ? order.closeReason : null,
    createdAt: order.createdAt,
    expiresAt: order.expiresAt,
    paidAt: order.paidAt,
    closedAt: order.closedAt,
  };
}
