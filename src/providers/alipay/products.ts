/** Alipay's ways to pay as data: the interface behind each method, and the product that it is sold as. */

import type { Credential } from "../credential.ts";
import { ALIPAY_METHODS, type AlipayMethod, type PaymentMethod } from "../methods.ts";

/** What one method's client is handed. */
export type CredentialOf<M extends AlipayMethod> = Extract<Credential, { readonly method: M }>;

interface AlipayProduct {
  /** The gateway's method. */
  readonly method: `alipay.trade.${string}`;
  readonly productCode: string;
}

export const PRODUCTS = {
  ALIPAY_WEB: { method: "alipay.trade.page.pay", productCode: "FAST_INSTANT_TRADE_PAY" },
  ALIPAY_WAP: { method: "alipay.trade.wap.pay", productCode: "QUICK_WAP_WAY" },
  ALIPAY_APP: { method: "alipay.trade.app.pay", productCode: "QUICK_MSECURITY_PAY" },
  ALIPAY_QR: { method: "alipay.trade.precreate", productCode: "FACE_TO_FACE_PAYMENT" },
  ALIPAY_JSAPI: { method: "alipay.trade.create", productCode: "FACE_TO_FACE_PAYMENT" },
  ALIPAY_BARCODE: { method: "alipay.trade.pay", productCode: "FACE_TO_FACE_PAYMENT" },
} as const satisfies Readonly<Record<AlipayMethod, AlipayProduct>>;

/** The method as one of Alipay's. Throws RangeError for one that another provider serves. */
export function alipayMethod(method: PaymentMethod): AlipayMethod {
  const found = ALIPAY_METHODS.find((each) => each === method);
  if (!found) throw new RangeError(`Alipay does not serve ${method}`);
  return found;
}
