/** Alipay's ways to pay as data: the method that opens each, and what its reply gives the client. */
import * as z from "zod";
import type { PaymentMethod } from "../methods.ts";
import type { AttemptDraft, Credential } from "../provider.ts";
import { precreateContent } from "./trades.ts";

/** One way to pay. */
interface AlipayProduct {
  /** The gateway's method. */
  readonly method: string;
  readonly content: (draft: AttemptDraft) => string;
  /** Turns the reply's node into the trade it opened and the client's credential. */
  readonly reply: z.ZodType<{ readonly outTradeNo: string; readonly credential: Credential }>;
}

const PRODUCTS: Partial<Record<PaymentMethod, AlipayProduct>> = {
  ALIPAY_QR: {
    method: "alipay.trade.precreate",
    content: precreateContent,
    reply: z.object({ out_trade_no: z.string(), qr_code: z.string().min(1) }).transform((node) => ({
      outTradeNo: node.out_trade_no,
      credential: { method: "ALIPAY_QR", qrCode: node.qr_code },
    })),
  },
};

export const ALIPAY_METHODS = ["ALIPAY_QR"] as const satisfies readonly PaymentMethod[];

/** The product behind a method. Throws RangeError for a method that another provider serves. */
export function alipayProduct(method: PaymentMethod): AlipayProduct {
  const product = PRODUCTS[method];
  if (!product) throw new RangeError(`Alipay does not serve ${method}`);
  return product;
}
