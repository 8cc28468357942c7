import * as z from "zod";
import { CLOSE_REASONS } from "../../../db/schema/orders.ts";
import { ADJUSTMENT_KINDS } from "../../payments/orders/pricing.ts";
import {
  limit,
  line,
  moment,
  operatorsReason,
  points,
  quantity,
  reference,
  refuseRepeatedSkus,
  sku,
  userId,
  yuan,
  yuanText,
} from "./fields.ts";

const orderedItems = z.array(z.strictObject({ sku, quantity })).min(1).max(100).superRefine(refuseRepeatedSkus);

const adjustment = z.strictObject({
  kind: z.enum(ADJUSTMENT_KINDS),
  amount: yuan,
  label: line(64).optional(),
});

const FOR_SERVICES = "For the service and operator roles";

export const createOrderInput = z.strictObject({
  items: orderedItems.optional().meta({ description: "One entry per SKU; the server prices them" }),
  pointsToUse: points.optional(),
  subject: line(128).optional(),
  userId: userId.optional().meta({ description: `${FOR_SERVICES}: whose order it is; the caller's own when absent` }),
  adjustments: z.array(adjustment).max(20).optional().meta({ description: FOR_SERVICES }),
  amount: yuan.optional().meta({ description: `${FOR_SERVICES}: instead of items, what the order costs` }),
  reason: operatorsReason,
});

export const orderReference = z.strictObject({ orderId: reference });
export const cancelOrderInput = orderReference.extend({ reason: operatorsReason });

export const listOrdersInput = z.strictObject({
  userId: userId.optional(),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const order = z
  .object({
    orderId: z.string(),
    userId: z.string(),
    status: z.enum(["PENDING", "CLOSING", "PAID", "CLOSED"]),
    subject: z.string(),
    items: z
      .array(
        z.object({
          sku: z.string(),
          title: z.string(),
          unitPrice: yuanText,
          quantity: z.int(),
          returnedQuantity: z.int(),
        }),
      )
      .readonly(),
    adjustments: z
      .array(z.object({ kind: z.enum(ADJUSTMENT_KINDS), amount: yuanText, label: z.string().optional() }))
      .readonly(),
    totalAmount: yuanText,
    pointsToUse: z.int(),
    amount: yuanText.meta({ description: "What is to be paid in money, in yuan" }),
    refundedAmount: yuanText,
    refundingAmount: yuanText,
    refundState: z.enum(["NONE", "PARTIAL", "FULL"]),
    closeReason: z.enum(CLOSE_REASONS).nullable(),
    createdAt: moment,
    expiresAt: moment,
    paidAt: moment.nullable(),
    closedAt: moment.nullable(),
  })
  .meta({ id: "Order" });

export const orderPage = z.object({ orders: z.array(order).readonly(), next: z.string().nullable() });
