import { eq } from "drizzle-orm";
import type { Database } from "../../../db/client.ts";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import type { OrderRow } from "../orders/view.ts";

/** What an order may be named by. */
export interface OrderName {
  readonly orderId?: string | undefined;
  readonly outTradeNo?: string | undefined;
  readonly refundId?: string | undefined;
}

/** The order that is meant. Throws ORDER_NOT_FOUND, PAYMENT_NOT_FOUND or REFUND_NOT_FOUND. */
export async function findOrder(db: Database, { orderId, outTradeNo, refundId }: OrderName): Promise<OrderRow> {
  if (outTradeNo !== undefined) {
    const attempt = eq(paymentTransactions.outTradeNo, outTradeNo);
    const ofOrder = eq(orders.id, paymentTransactions.orderId);
    const [row] = await read(() =>
      db.select({ order: orders }).from(paymentTransactions).innerJoin(orders, ofOrder).where(attempt),
    );
    if (!row) throw new PayError("PAYMENT_NOT_FOUND");
    return row.order;
  }
  if (refundId !== undefined) {
    const refund = eq(refundRecords.id, refundId);
    const ofOrder = eq(orders.id, refundRecords.orderId);
    const [row] = await read(() =>
      db.select({ order: orders }).from(refundRecords).innerJoin(orders, ofOrder).where(refund),
    );
    if (!row) throw new PayError("REFUND_NOT_FOUND");
    return row.order;
  }
  const [order] = await read(() =>
    db
      .select()
      .from(orders)
      .where(eq(orders.id, orderId ?? "")),
  );
  if (!order) throw new PayError("ORDER_NOT_FOUND");
  return order;
}
