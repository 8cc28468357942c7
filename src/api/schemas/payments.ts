import * as z from "zod";
import { line, method, moment, provider, reference, yuan, yuanText } from "./fields.ts";

export const offeredMethods = z.array(z.object({ method, provider })).readonly();

export const createPaymentInput = z.strictObject({
  provider,
  method,
  orderId: reference,
  amount: yuan.meta({ description: "What is left to pay, in yuan: it must be exactly that" }),
  subject: line(128).optional().meta({ description: "Shown to the payer; the order's own when absent" }),
});

export const paymentReference = z.strictObject({ provider, orderId: reference });

const status = z.enum(["PENDING", "CLOSING", "CLOSED", "FAILED", "SUCCESS"]);

const attempt = {
  transactionId: z.string(),
  outTradeNo: z.string(),
  orderId: z.string(),
  status,
  amount: yuanText,
  expiresAt: moment.meta({ description: "Until when the attempt can be paid" }),
  credentialExpiresAt: moment.nullable().meta({ description: "Until when the credential works, where that is sooner" }),
  created: z.boolean().meta({ description: "False when an open attempt was handed out again" }),
};

/** What the client lets the buyer pay with, narrowed by `method`. */
export const payment = z
  .discriminatedUnion("method", [
    z.object({ method: z.literal("WECHAT_NATIVE"), codeUrl: z.string(), ...attempt }),
    z.object({ method: z.literal("ALIPAY_QR"), qrCode: z.string(), ...attempt }),
    z.object({ method: z.literal("POINTS"), ...attempt }),
  ])
  .meta({ id: "Payment" });

export const paymentState = z
  .object({
    orderId: z.string(),
    orderStatus: z.enum(["PENDING", "CLOSING", "PAID", "CLOSED"]),
    transactionId: z.string(),
    outTradeNo: z.string(),
    provider,
    method,
    providerTradeNo: z.string().nullable(),
    status,
    amount: yuanText,
    refundedAmount: yuanText,
    applied: z.boolean().meta({ description: "False for money that came but could not pay the order" }),
    paidAt: moment.nullable(),
    expiresAt: moment,
  })
  .meta({ id: "PaymentState" });
