import { beginClosingSiblings, insertAttempt } from "../../../db/statements/attempt.ts";
import { PayError } from "../../errors.ts";
import { type Fen, fen, formatYuan } from "../../money.ts";
import type { PaymentDetails } from "../../providers/details.ts";
import { METHODS, type PaymentMethod } from "../../providers/methods.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { type Actor, inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { type RequestKey, requestKey } from "../idempotency.ts";
import { newOutTradeNo } from "../ids.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { type OrderRow, subjectField } from "../orders/view.ts";
import { seal, unseal } from "../sealed.ts";
import { pursueClosing } from "./close-attempt.ts";
import { assertPayable, MIN_PAYABLE_SECONDS, readOrderToPay } from "./payable.ts";
import { type HandOut, handOutAgain, handOutEarlier, type PaymentAnswer, send } from "./send-attempt.ts";
import { type AttemptRow, isOpen, requestField } from "./view.ts";

/** What a payment takes by its method, and the order that it is for. */
export type PaymentRequest = PaymentDetails & {
  readonly orderId: string;
  /** What the caller believes is left to pay, in fen: it must be so. */
  readonly amount: Fen;
  readonly subject?: string | undefined;
  /** Where the buyer comes back to after paying in a browser. */
  readonly returnUrl?: string | undefined;
};

/** One call: who wants what, by which provider, under which idempotency key. */
interface PaymentCall extends HandOut {
  readonly actor: Actor;
  readonly request: PaymentRequest;
  readonly key: RequestKey | undefined;
}

/**
 * Opens an attempt to pay an order, or hands out the one that is open by this method, or the one that the same
 * idempotency key made. Three round trips: read, record, note the credential. The attempt is on record, with the
 * exact text to send, before the provider hears of it. Throws the order's state as ORDER_…, AMOUNT_MISMATCH, the idempotency
 * errors, and a provider's trouble as PROVIDER_….
 */
export async function createPayment(
  ctx: PaymentContext,
  actor: Actor,
  request: PaymentRequest,
  idempotencyKey?: string,
): Promise<PaymentAnswer> {
  const provider = providerFor(ctx, request.method);
  // The same request may come over another connection.
  const repeatable = { ...request, payerClientIp: undefined };
  const key = await requestKey(actor, "payments.create", idempotencyKey, repeatable);
  const call: PaymentCall = { actor, request, provider, wishes: { returnUrl: request.returnUrl }, key };
  const { order, open, earlier } = await readOrderToPay(ctx, actor, request.orderId, key);
  const there = earlier
    ? await goOnWith(ctx, call, { order, earlier, open })
    : await handOutOpen(ctx, call, order, open);
  if (there) return there;

  const attempt = await draftOf(ctx, call, order);
  await recordIfOperator(ctx, actor, {
    ...{ action: "payments.create", subject: attempt.outTradeNo, orderId: order.id, before: {} },
    after: { state: "CREATED", method: request.method, amount: formatYuan(request.amount) },
  });
  await leaveCombined(ctx, open, attempt);
  const recorded = await insertAttempt(ctx.db, {
    ...attempt,
    now: presentOf(ctx),
    payableUntil: inSeconds(ctx, MIN_PAYABLE_SECONDS),
    nextCheckAt: nextCheck(ctx, 0),
  });
  if (recorded !== "inserted") return await afterNoInsert(ctx, call, attempt.outTradeNo);
  await closeSiblings(ctx, open, attempt);
  return await send(ctx, call, attempt, { firstSend: true });
}

/** The configured provider of a method. Throws METHOD_UNAVAILABLE. */
function providerFor(ctx: PaymentContext, method: PaymentMethod): PaymentProvider {
  const provider = ctx.providers.find(METHODS[method].provider);
  if (!provider?.methods.includes(method)) throw new PayError("METHOD_UNAVAILABLE");
  return provider;
}

/** The same request made this attempt before. */
async function goOnWith(
  ctx: PaymentContext,
  call: PaymentCall,
  { order, earlier, open }: { order: OrderRow; earlier: AttemptRow; open: readonly AttemptRow[] },
): Promise<PaymentAnswer> {
  if (!isOpen(earlier.state) || earlier.state === "CLOSING") return await handOutEarlier(ctx, call, order, earlier);
  assertPayable(ctx, order, call.request.amount);
  await closeSiblings(ctx, open, earlier);
  return await handOutAgain(ctx, call, earlier);
}

/** The attempt that is open by this method, if there is one. Throws what keeps the order from being paid. */
async function handOutOpen(
  ctx: PaymentContext,
  call: PaymentCall,
  order: OrderRow,
  open: readonly AttemptRow[],
): Promise<PaymentAnswer | undefined> {
  assertPayable(ctx, order, call.request.amount);
  const same = open.find((attempt) => attempt.method === call.request.method && attempt.combineOutTradeNo === null);
  if (!same) return undefined;
  await closeSiblings(ctx, open, same);
  return await handOutAgain(ctx, call, same);
}

/** The row as it is about to be inserted, with the exact text to send. */
async function draftOf(ctx: PaymentContext, call: PaymentCall, order: OrderRow): Promise<AttemptRow> {
  const { orderId: _order, amount: _amount, subject: asked, ...details } = call.request;
  const subject = asked ?? (await unseal(ctx, subjectField(order), order.subject));
  const { method } = details;
  const { id: orderId, userId, amount, expiresAt } = order;
  const draft = { method, outTradeNo: newOutTradeNo(orderId), orderId, userId, amount, expiresAt };
  const nothing = fen(0);
  return {
    ...draft,
    provider: call.provider.name,
    state: "CREATED",
    request: await seal(ctx, requestField(draft), call.provider.prepare({ ...draft, details, subject })),
    requestKey: call.key?.key ?? null,
    requestHash: call.key?.hash ?? null,
    credential: null,
    credentialExpiresAt: null,
    failureCode: null,
    disposition: null,
    unappliedReason: null,
    policy: null,
    providerTradeNo: null,
    received: nothing,
    refunding: nothing,
    refunded: nothing,
    refundParts: 0,
    lastRefundAt: null,
    combineOutTradeNo: null,
    createdAt: presentOf(ctx),
    paidAt: null,
    bookedAt: null,
    closedAt: null,
    nextCheckAt: nextCheck(ctx, 0),
    checks: 0,
    openMethod: method,
  };
}

/** The order changed meanwhile, or somebody was faster with the method or the key, or our insert's answer was lost. */
async function afterNoInsert(ctx: PaymentContext, call: PaymentCall, outTradeNo: string): Promise<PaymentAnswer> {
  const { order, open, earlier } = await readOrderToPay(ctx, call.actor, call.request.orderId, call.key);
  const own = open.find((attempt) => attempt.outTradeNo === outTradeNo);
  if (own) {
    await closeSiblings(ctx, open, own);
    return await send(ctx, call, own, { firstSend: true });
  }
  if (earlier) return await goOnWith(ctx, call, { order, earlier, open });
  const there = await handOutOpen(ctx, call, order, open);
  if (there) return there;
  throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
}

/**
 * A part of a combined payment counts as another method. When it is by the same one, it has to be on its way to the end
 * before an attempt for this order alone can be recorded.
 */
async function leaveCombined(ctx: PaymentContext, open: readonly AttemptRow[], attempt: AttemptRow): Promise<void> {
  if (open.every((sibling) => sibling.method !== attempt.method)) return;
  await beginClosingSiblings(ctx.db, attempt.orderId, attempt.outTradeNo, nextCheck(ctx, 0));
}

/** Another method's attempts end without being waited for; should both be paid, the second goes back. */
async function closeSiblings(ctx: PaymentContext, open: readonly AttemptRow[], attempt: AttemptRow): Promise<void> {
  const siblings = open.filter((sibling) => sibling.outTradeNo !== attempt.outTradeNo);
  if (siblings.length === 0) return;
  await beginClosingSiblings(ctx.db, attempt.orderId, attempt.outTradeNo, nextCheck(ctx, 0));
  const closing = siblings.map((sibling) => ({ ...sibling, state: "CLOSING" as const }));
  ctx.defer((later) => Promise.all(closing.map((sibling) => pursueClosing(later, sibling))));
}
