import * as z from "zod";
import { WECHAT_METHODS, type WechatMethod } from "../../providers/methods.ts";
import { METHOD_FIELDS } from "./details.ts";
import { line, method, moment, operatorsReason, plainLine, provider, reference, yuan, yuanText } from "./fields.ts";
import { appInvocation, jsapiInvocation, miniProgramInvocation, paymentState } from "./payments.ts";

const askedOrder = z.strictObject({
  orderId: reference,
  amount: yuan.meta({ description: "What is left to pay of this order, in yuan: it must be exactly that" }),
  subject: line(128).optional().meta({ description: "Shown to the payer; the order's own when absent" }),
});

/** What a single payment takes and a combined one does not: an order's `attach` is its id, and there is no store. */
type SingleOnly = "attach" | "detail" | "supportFapiao" | "sceneInfo";

function withoutSingleOnly<T extends Record<SingleOnly, z.ZodType>>(fields: T): Omit<T, SingleOnly> {
  const { attach: _attach, detail: _detail, supportFapiao: _fapiao, sceneInfo: _scene, ...rest } = fields;
  return rest;
}

function combinedBy<M extends WechatMethod>(name: M) {
  return z.strictObject({
    provider,
    method: z.literal(name),
    orders: z.array(askedOrder).min(2).max(50).meta({ description: "Of one user; 2 to 10 with WeChat Pay" }),
    ...withoutSingleOnly(METHOD_FIELDS[name]),
    sceneInfo: z.strictObject({ deviceId: plainLine(32).optional() }).optional(),
    reason: operatorsReason,
  });
}

export const createCombinedInput = z.discriminatedUnion(
  "method",
  [
    combinedBy("WECHAT_JSAPI"),
    combinedBy("WECHAT_MINI"),
    combinedBy("WECHAT_NATIVE"),
    combinedBy("WECHAT_APP"),
    combinedBy("WECHAT_H5"),
  ],
  `must be one of ${WECHAT_METHODS.join(", ")}`,
);

export const combinedReference = z.strictObject({ provider, combineOutTradeNo: reference });
export const closeCombinedInput = combinedReference.extend({ reason: operatorsReason });

const status = z.enum(["PENDING", "CLOSING", "CLOSED", "FAILED", "SUCCESS"]);

const payment = {
  combineOutTradeNo: z.string(),
  status,
  amount: yuanText.meta({ description: "Of all orders together" }),
  expiresAt: moment.meta({
    description: "Until when it can be paid: the deadline of the order that has the least time",
  }),
  credentialExpiresAt: moment.nullable().meta({ description: "Until when the credential works, where that is sooner" }),
  orders: z
    .array(z.object({ orderId: z.string(), outTradeNo: z.string(), status, amount: yuanText }))
    .readonly()
    .meta({ description: "By order id" }),
  created: z.boolean().meta({ description: "False when an open one was handed out again" }),
};

/** What the client lets the buyer pay all orders with, narrowed by `method`. */
export const combinedPayment = z
  .discriminatedUnion("method", [
    z.object({ method: z.literal("WECHAT_JSAPI"), invoke: jsapiInvocation, ...payment }),
    z.object({ method: z.literal("WECHAT_MINI"), invoke: miniProgramInvocation, ...payment }),
    z.object({ method: z.literal("WECHAT_NATIVE"), codeUrl: z.string(), ...payment }),
    z.object({ method: z.literal("WECHAT_APP"), invoke: appInvocation, ...payment }),
    z.object({ method: z.literal("WECHAT_H5"), h5Url: z.string(), ...payment }),
  ])
  .meta({ id: "CombinedPayment" });

export const combinedPaymentState = z
  .object({
    combineOutTradeNo: z.string(),
    provider,
    method,
    status: status.meta({ description: "That of the order which is furthest from its end" }),
    amount: yuanText.meta({ description: "Of all orders together" }),
    expiresAt: moment,
    orders: z.array(paymentState).readonly(),
  })
  .meta({ id: "CombinedPaymentState" });
