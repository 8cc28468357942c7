import * as z from "zod";
import { DISPOSITIONS, UNAPPLIED_POLICIES, UNAPPLIED_REASONS } from "../../../db/schema/payments.ts";
import { limit, line, method, moment, provider, reference, yuanText } from "./fields.ts";

export const receiptReference = z.strictObject({ outTradeNo: reference });

export const decideReceiptInput = z.strictObject({
  outTradeNo: reference,
  reason: line(200).meta({ description: "Why, for those who ask later" }),
});

export const listReceiptsInput = z.strictObject({
  policy: z.enum(UNAPPLIED_POLICIES).default("HOLD").meta({
    description: "What is being done with the money: HOLD waits for an operator",
  }),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const receipt = z
  .object({
    outTradeNo: z.string(),
    providerTradeNo: z.string().nullable(),
    provider,
    method,
    orderId: z.string(),
    userId: z.string(),
    orderStatus: z.enum(["PENDING", "CLOSING", "PAID", "CLOSED"]),
    reason: z.enum(UNAPPLIED_REASONS).meta({ description: "Why the money could not pay its order when it came" }),
    disposition: z.enum(DISPOSITIONS).meta({ description: "Whether it has paid the order since, or was written off" }),
    policy: z
      .enum(UNAPPLIED_POLICIES)
      .nullable()
      .meta({ description: "What is being done with it; null once it has paid the order" }),
    expected: yuanText.meta({ description: "What the order costs" }),
    received: yuanText,
    refunding: yuanText,
    refunded: yuanText,
    refundedElsewhere: yuanText.meta({ description: "Given back by others, in the provider's console" }),
    paidAt: moment.nullable(),
  })
  .meta({ id: "Receipt" });

export const receiptPage = z.object({ receipts: z.array(receipt), next: z.string().nullable() });
