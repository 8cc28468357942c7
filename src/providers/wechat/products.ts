/** WeChat Pay's ways to pay as data: where each is created, and what its reply gives the client. */
import * as z from "zod";
import type { PaymentMethod } from "../methods.ts";
import type { Credential } from "../provider.ts";

/** One way to pay. */
interface WechatProduct {
  readonly path: string;
  /** Turns the reply of a create call into the client's credential. */
  readonly credential: z.ZodType<Credential>;
}

const PRODUCTS: Partial<Record<PaymentMethod, WechatProduct>> = {
  WECHAT_NATIVE: {
    path: "/v3/pay/transactions/native",
    credential: z
      .object({ code_url: z.string().min(1) })
      .transform((reply) => ({ method: "WECHAT_NATIVE", codeUrl: reply.code_url })),
  },
};

export const WECHAT_METHODS = ["WECHAT_NATIVE"] as const satisfies readonly PaymentMethod[];

/** The product behind a method. Throws RangeError for a method that another provider serves. */
export function wechatProduct(method: PaymentMethod): WechatProduct {
  const product = PRODUCTS[method];
  if (!product) throw new RangeError(`WeChat Pay does not serve ${method}`);
  return product;
}
