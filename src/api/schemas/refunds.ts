import * as z from "zod";
import { REFUND_ORIGINS, REFUND_STATES } from "../../../db/schema/payments.ts";
import {
  limit,
  line,
  moment,
  provider,
  quantity,
  reference,
  refuseRepeatedSkus,
  sku,
  yuan,
  yuanText,
} from "./fields.ts";

export const createRefundInput = z.strictObject({
  provider,
  orderId: reference,
  amount: yuan
    .refine((amount) => amount > 0, "must be more than 0.00")
    .optional()
    .meta({
      description:
        "How much of the order goes back, in yuan, points that were used at their worth; all that is left when absent",
    }),
  reason: line(200),
  items: z
    .array(z.strictObject({ sku, quantity }))
    .max(100)
    .superRefine(refuseRepeatedSkus)
    .optional()
    .meta({ description: "What comes back. When absent: all of it on a full refund, nothing on a partial one" }),
});

/** With the operator's own words, kept on record. */
export const reasonedRefundInput = z.strictObject({ refundId: reference, reason: line(200) });
export const providerRefundReference = z.strictObject({ provider, refundId: reference });

/** The banks whose cards take the money of an abnormal refund (WeChat Pay V3, abnormal refund). */
const BANK_TYPES = [
  ...["CMB_DEBIT", "COMM_DEBIT", "ABC_DEBIT", "CCB_DEBIT", "ICBC_DEBIT", "BOC_DEBIT", "PAB_DEBIT", "SPDB_DEBIT"],
  ...["CITIC_DEBIT", "CEB_DEBIT", "CMBC_DEBIT", "CIB_DEBIT", "GDB_DEBIT", "PSBC_DEBIT", "NBCB_DEBIT"],
] as const;

const abnormalRefund = {
  ...providerRefundReference.shape,
  reason: line(200).meta({ description: "The operator's own words, kept on record" }),
};

export const resolveAbnormalInput = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ ...abnormalRefund, type: z.literal("MERCHANT_BANK_CARD") }),
    z.strictObject({
      ...abnormalRefund,
      type: z.literal("USER_BANK_CARD"),
      bankType: z.enum(BANK_TYPES),
      bankAccount: z
        .string()
        .regex(/^\d{8,32}$/, "must be 8 to 32 digits")
        .meta({ description: "The buyer's card. Sent encrypted, not kept" }),
      realName: line(50).meta({ description: "Whose card it is. Sent encrypted, not kept" }),
    }),
  ],
  "must be MERCHANT_BANK_CARD or USER_BANK_CARD",
);

export const listRefundsInput = z.strictObject({
  state: z.enum(REFUND_STATES).default("REQUESTED"),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const refund = z
  .object({
    refundId: z.string(),
    outRefundNo: z.string(),
    orderId: z.string(),
    provider,
    status: z.enum(["REQUESTED", "PROCESSING", "SUCCESS", "CLOSED", "ABNORMAL"]),
    origin: z.enum(REFUND_ORIGINS),
    amount: yuanText.meta({ description: "What goes back in money" }),
    points: z.int().meta({ description: "What goes back of the points that were used beside money" }),
    reason: z.string(),
    items: z.array(z.object({ sku: z.string(), quantity: z.int() })).readonly(),
    retryOf: z.string().nullable().meta({ description: "The failed refund that this one tries again" }),
    failureCode: z.string().nullable().meta({ description: "Why it came to nothing, when CLOSED" }),
    createdAt: moment,
    succeededAt: moment.nullable(),
  })
  .meta({ id: "Refund" });

export const refundPage = z.object({ refunds: z.array(refund).readonly(), next: z.string().nullable() });
