import { PayError } from "../../errors.ts";
import type { CombinedPayments } from "../../providers/combined.ts";
import type { CombinedDetails } from "../../providers/details.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { Actor, PaymentContext } from "../context.ts";
import { assertSameRequest, requestKey } from "../idempotency.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { type CombinedCall, draftCombined, insertCombined, tradesOf } from "./draft-combined.ts";
import { type AskedOrder, assertAllPayable, type OrdersToPay, readOrdersToPay } from "./payable-orders.ts";
import { type Combined, combinedPaymentsBy, findCombined, sendable } from "./record.ts";
import { closeOthers, recordAttempts } from "./record-attempts.ts";
import { type CombinedAnswer, handOutAgain, handOutEarlier, send } from "./send-combined.ts";

/** What a payment takes by its method, and the orders that it is for. */
export type CombinedRequest = CombinedDetails & {
  readonly orders: readonly AskedOrder[];
  /** Where the buyer comes back to after paying in a browser. */
  readonly returnUrl?: string | undefined;
};

/**
 * Opens one payment for several orders of one user, or hands out the one that is open for the same orders by the same
 * method, or the one that the same idempotency key made. It is on record, with the exact text to send, and every order
 * has its attempt, before the provider hears of it. Throws what keeps an order from being paid, naming the order, the
 * idempotency errors, and a provider's trouble as PROVIDER_….
 */
export async function createCombined(
  ctx: PaymentContext,
  actor: Actor,
  providerName: ProviderName,
  request: CombinedRequest,
  idempotencyKey?: string,
): Promise<CombinedAnswer> {
  const { orders: asked, returnUrl, ...details } = request;
  const provider = combinedPaymentsBy(ctx, providerName, details.method);
  assertOrders(asked, provider);
  // The same request may come over another connection.
  const repeatable = { ...request, payerClientIp: undefined };
  const key = await requestKey(actor, "combined.create", idempotencyKey, repeatable);
  const call: CombinedCall = { providerName, provider, details, asked, wishes: { returnUrl }, key };
  const found = await readOrdersToPay(ctx, actor, asked, key?.key);
  const earlier = found.isRepeat && key ? await findCombined(ctx, { requestKey: key.key }) : undefined;
  if (earlier) return await goOnWith(ctx, call, found, earlier);
  assertAllPayable(ctx, asked, found);
  return (await handOutOpen(ctx, call, found)) ?? (await openAnew(ctx, actor, call, found));
}

/** Throws BAD_INPUT for too few or too many orders, and for one that is named twice. */
function assertOrders(asked: readonly AskedOrder[], { fewest, most }: CombinedPayments): void {
  if (asked.length < fewest || asked.length > most) {
    throw new PayError("BAD_INPUT", { issues: [{ path: "orders", message: `must be ${fewest} to ${most} orders` }] });
  }
  const twice = asked.findIndex(({ orderId }, index) => asked.findIndex((other) => other.orderId === orderId) < index);
  if (twice < 0) return;
  throw new PayError("BAD_INPUT", { issues: [{ path: `orders[${twice}].orderId`, message: "is named twice" }] });
}

async function openAnew(
  ctx: PaymentContext,
  actor: Actor,
  call: CombinedCall,
  found: OrdersToPay,
): Promise<CombinedAnswer> {
  const draft = await draftCombined(ctx, call, found.orders);
  await recordIfOperator(ctx, actor, {
    ...{ action: "combined.create", subject: draft.combineOutTradeNo, before: {} },
    after: { state: "CREATED", method: call.details.method, orders: call.asked.length },
  });
  if (!(await insertCombined(ctx, draft)) && call.key) {
    const earlier = await findCombined(ctx, { requestKey: call.key.key });
    if (!earlier) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (earlier.payment.combineOutTradeNo !== draft.combineOutTradeNo) return await goOnWith(ctx, call, found, earlier);
  }
  const recorded = await recordAttempts(ctx, call, found, draft);
  const trades = tradesOf(draft.combineOutTradeNo, found.orders);
  return await send(ctx, { payment: draft, trades }, call.wishes, { firstSend: recorded === "inserted" });
}

/** The same request made this one before; perhaps it broke off before every order had its attempt. */
async function goOnWith(
  ctx: PaymentContext,
  call: CombinedCall,
  found: OrdersToPay,
  earlier: Combined,
): Promise<CombinedAnswer> {
  if (call.key) assertSameRequest(earlier.payment.requestHash, call.key);
  const { payment, parts } = earlier;
  if (parts.length > 0 && !isOpen(earlier)) return await handOutEarlier(ctx, earlier, call.wishes);
  assertAllPayable(ctx, call.asked, found);
  if (parts.length > 0) {
    await closeOthers(ctx, found, payment.combineOutTradeNo);
    return await handOutAgain(ctx, sendable(earlier), call.wishes);
  }
  const recorded = await recordAttempts(ctx, call, found, payment);
  const trades = tradesOf(payment.combineOutTradeNo, found.orders);
  return await send(ctx, { payment, trades }, call.wishes, { firstSend: recorded === "inserted" });
}

/** The combined payment that is open for just these orders by this method, if there is one. */
async function handOutOpen(
  ctx: PaymentContext,
  call: CombinedCall,
  found: OrdersToPay,
): Promise<CombinedAnswer | undefined> {
  const { method } = call.details;
  const part = found.open.find((attempt) => attempt.combineOutTradeNo !== null && attempt.method === method);
  if (!part?.combineOutTradeNo) return undefined;
  const open = await findCombined(ctx, { combineOutTradeNo: part.combineOutTradeNo });
  if (!open || !isOpen(open) || !isForJust(open, call.asked)) return undefined;
  await closeOthers(ctx, found, open.payment.combineOutTradeNo);
  return await handOutAgain(ctx, sendable(open), call.wishes);
}

function isOpen({ parts }: Combined): boolean {
  return parts.every(({ attempt }) => attempt.state === "CREATED" || attempt.state === "PENDING");
}

function isForJust({ parts }: Combined, asked: readonly AskedOrder[]): boolean {
  return parts.length === asked.length && parts.every(({ order }) => asked.some(({ orderId }) => orderId === order.id));
}
