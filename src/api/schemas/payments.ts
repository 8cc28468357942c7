import * as z from "zod";
import { METHOD_NAMES, type PaymentMethod } from "../../providers/methods.ts";
import { METHOD_FIELDS } from "./details.ts";
import { line, method, moment, operatorsReason, provider, reference, yuan, yuanText } from "./fields.ts";

export const offeredMethods = z.array(z.object({ method, provider })).readonly();

/** One schema per method, so that each names what it lacks and what it does not know. */
function paymentBy<M extends PaymentMethod>(name: M) {
  return z.strictObject({
    provider,
    method: z.literal(name),
    orderId: reference,
    amount: yuan.meta({ description: "What is left to pay, in yuan: it must be exactly that" }),
    subject: line(128).optional().meta({ description: "Shown to the payer; the order's own when absent" }),
    ...METHOD_FIELDS[name],
    reason: operatorsReason,
  });
}

export const createPaymentInput = z.discriminatedUnion(
  "method",
  [
    paymentBy("WECHAT_JSAPI"),
    paymentBy("WECHAT_MINI"),
    paymentBy("WECHAT_NATIVE"),
    paymentBy("WECHAT_APP"),
    paymentBy("WECHAT_H5"),
    paymentBy("ALIPAY_WEB"),
    paymentBy("ALIPAY_WAP"),
    paymentBy("ALIPAY_APP"),
    paymentBy("ALIPAY_QR"),
    paymentBy("ALIPAY_JSAPI"),
    paymentBy("ALIPAY_BARCODE"),
    paymentBy("POINTS"),
  ],
  `must be one of ${METHOD_NAMES.join(", ")}`,
);

export const paymentReference = z.strictObject({ provider, orderId: reference });
export const closePaymentInput = paymentReference.extend({ reason: operatorsReason });

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

const text = z.string();

/** The parameters of `wx.requestPayment`. */
export const miniProgramInvocation = z.object({
  timeStamp: text.meta({ description: "Unix seconds" }),
  nonceStr: text,
  package: text.meta({ examples: ["prepay_id=…"] }),
  signType: z.literal("RSA"),
  paySign: text,
});

/** The parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`. */
export const jsapiInvocation = z.object({ appId: text, ...miniProgramInvocation.shape });

/** The members of OpenSDK's PayReq. */
export const appInvocation = z.object({
  appid: text,
  partnerid: text,
  prepayid: text,
  package: z.literal("Sign=WXPay"),
  noncestr: text,
  timestamp: text.meta({ description: "Unix seconds" }),
  sign: text,
});

/** A page of Alipay's, opened by a browser. Both ways are signed with their time, and lead to the same page. */
const page = {
  payUrl: text.meta({ description: "To go to; for large requests the form is safer" }),
  form: text.meta({ description: "HTML of a form that posts itself" }),
};

/** What the client lets the buyer pay with, narrowed by `method`. */
export const payment = z
  .discriminatedUnion("method", [
    z.object({ method: z.literal("WECHAT_JSAPI"), invoke: jsapiInvocation, ...attempt }),
    z.object({ method: z.literal("WECHAT_MINI"), invoke: miniProgramInvocation, ...attempt }),
    z.object({ method: z.literal("WECHAT_NATIVE"), codeUrl: text, ...attempt }),
    z.object({ method: z.literal("WECHAT_APP"), invoke: appInvocation, ...attempt }),
    z.object({ method: z.literal("WECHAT_H5"), h5Url: text, ...attempt }),
    z.object({ method: z.literal("ALIPAY_WEB"), ...page, ...attempt }),
    z.object({ method: z.literal("ALIPAY_WAP"), ...page, ...attempt }),
    z.object({ method: z.literal("ALIPAY_APP"), orderString: text, ...attempt }),
    z.object({ method: z.literal("ALIPAY_QR"), qrCode: text, ...attempt }),
    z.object({ method: z.literal("ALIPAY_JSAPI"), tradeNo: text, ...attempt }),
    z.object({ method: z.literal("ALIPAY_BARCODE"), ...attempt }),
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
