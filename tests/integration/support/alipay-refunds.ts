/** Refunds of payments by Alipay, and what the books say of them. */
import { fen } from "../../../src/money.ts";
import { getOrder } from "../../../src/payments/orders/read-order.ts";
import type { Scene } from "./alipay-trades.ts";
import { sandbox } from "./controls.ts";
import { refundsOf } from "./records.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";

/** A refund's state here, and how much of the order is on its way back and has gone back. */
export type RefundStanding = readonly [state: string, refunding: number, refunded: number];
export const CREATED: RefundStanding = ["CREATED", 3000, 0];
export const PROCESSING: RefundStanding = ["PROCESSING", 3000, 0];
export const SUCCESS: RefundStanding = ["SUCCESS", 0, 3000];

/** Asks for a refund, of all that is left when no amount is said. */
export function startRefund(shop: Shop, { orderId }: Scene, amount?: number) {
  const request = { provider: "alipay", orderId, reason: "退货" } as const;
  const part = amount === undefined ? {} : { amount: fen(amount) };
  return shop.manager.refund(OPERATOR, { ...request, ...part }, unique("refund"));
}

/** The money of a refund that Alipay held back moves. */
export const endRefund = (refundId: string) => sandbox("POST", `refunds/alipay/${refundId}`, { status: "SUCCESS" });

/** What the books say of the only refund of a payment. */
export async function refundStandingOf(shop: Shop, { orderId, outTradeNo }: Scene): Promise<RefundStanding> {
  const [[refund], order] = await Promise.all([refundsOf(shop, outTradeNo), getOrder(shop.ctx, OPERATOR, orderId)]);
  return [refund?.state ?? "none", order.refundingAmount, order.refundedAmount];
}
