/** Combined payments that have ended, or may have, by the time that the provider answers. */
import { type ErrorCode, PayError } from "../../errors.ts";
import type { Outcome } from "../../providers/outcome.ts";
import { providerTrouble } from "../attempts/trouble.ts";
import type { PaymentContext } from "../context.ts";
import { askForCombined } from "./ask-combined.ts";
import { pursueCombinedClosing } from "./pursue-closing.ts";
import { type Combined, findCombined } from "./record.ts";

/**
 * Some attempt ended while the provider was asked. The trades may have come to life only after they were closed, so they
 * are closed once more; the buyer never gets the credential. Throws the state of the order that ended as ORDER_….
 */
export async function afterOvertaken(ctx: PaymentContext, combineOutTradeNo: string): Promise<never> {
  const current = await findCombined(ctx, { combineOutTradeNo });
  if (current?.parts.some(({ attempt }) => attempt.state !== "SUCCESS")) {
    ctx.defer((later) => pursueCombinedClosing(later, combineOutTradeNo));
  }
  throw new PayError(endOf(current) ?? "REQUEST_IN_PROGRESS");
}

/**
 * The provider refused what may be the echo of a send that had taken effect: the trades may be paid or closed by now. Only
 * a query tells, and what it says is booked at once. Throws the state of an order that ended as ORDER_…, PAYMENT_CLOSED when
 * another payment is due, and PROVIDER_… as long as nothing has been found out.
 */
export async function afterEcho(
  ctx: PaymentContext,
  combineOutTradeNo: string,
  echo: Extract<Outcome<never>, { kind: "unknown" }>,
): Promise<never> {
  const sent = await findCombined(ctx, { combineOutTradeNo });
  if (!sent) throw providerTrouble(echo, combineOutTradeNo);
  const asked = await askForCombined(ctx, sent);
  if (asked.kind !== "ok") throw providerTrouble(asked, combineOutTradeNo);
  ctx.log.info("combined.create.echo", { combined: combineOutTradeNo, standing: asked.standing });
  if (asked.standing !== "changed") throw providerTrouble(echo, combineOutTradeNo);
  throw new PayError(endOf(await findCombined(ctx, { combineOutTradeNo })) ?? "PAYMENT_CLOSED");
}

/** Why an order of it takes no attempt any more; undefined while all do. */
function endOf(combined: Combined | undefined): ErrorCode | undefined {
  const orders = combined?.parts.map(({ order }) => order) ?? [];
  if (orders.some((order) => order.state === "PAID")) return "ORDER_PAID";
  if (orders.some((order) => order.state === "CLOSED")) return "ORDER_CLOSED";
  return orders.some((order) => order.closingAt !== null) ? "ORDER_CLOSING" : undefined;
}
