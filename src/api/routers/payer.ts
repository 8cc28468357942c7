/** What a payment's input becomes before it reaches the domain: who may say what, and where the payer is. */
import type * as z from "zod";
import { PayError } from "../../errors.ts";
import type { PaymentRequest } from "../../payments/attempts/create-payment.ts";
import type { Actor } from "../../payments/context.ts";
import { MERCHANT_FIELDS } from "../schemas/details.ts";
import type { createPaymentInput } from "../schemas/payments.ts";

/** Refuses a customer who decides what is the shop's to decide, such as which coupons apply. Throws FORBIDDEN. */
export function assertMayDecide(actor: Actor, input: object): void {
  const decided = MERCHANT_FIELDS.filter((name) => Reflect.get(input, name) !== undefined);
  if (actor.role !== "customer" || decided.length === 0) return;
  const issues = decided.map((path) => ({ path, message: "not for customers to set" }));
  throw new PayError("FORBIDDEN", { issues });
}

/** A payment as it was asked for, with the address that the connection shows. Throws BAD_INPUT when one is needed. */
export function paymentRequest(
  { provider: _provider, reason: _reason, ...input }: z.output<typeof createPaymentInput>,
  callerAddress: string | undefined,
): PaymentRequest {
  switch (input.method) {
    case "WECHAT_JSAPI":
    case "WECHAT_MINI":
    case "WECHAT_NATIVE":
    case "WECHAT_APP":
      return { ...input, payerClientIp: callerAddress };
    case "WECHAT_H5":
      return { ...input, payerClientIp: addressForH5(callerAddress) };
    default:
      return input;
  }
}

/** The payer's address, which H5 payments can't be without. Throws BAD_INPUT. */
export function addressForH5(callerAddress: string | undefined): string {
  if (callerAddress !== undefined) return callerAddress;
  const message = "WECHAT_H5 needs the payer's address, which this connection does not show";
  throw new PayError("BAD_INPUT", { issues: [{ path: "method", message }] });
}
