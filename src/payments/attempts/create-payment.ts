import { and, eq, inArray } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { beginClosingSiblings, failAttempt, insertAttempt, openAttempt } from "../../../db/statements/attempt.ts";
import { voidPointsEntry } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import type { Fen } from "../../money.ts";
import { METHODS, type PaymentMethod } from "../../providers/methods.ts";
import type { CreatedAttempt, Credential, PaymentProvider } from "../../providers/provider.ts";
import { type Actor, callContext, inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { newOutTradeNo } from "../ids.ts";
import { maySee } from "../orders/read-order.ts";
import { isVisible, type OrderRow } from "../orders/view.ts";
import { settle } from "../settlement.ts";
import { pursueClosing } from "./close-attempt.ts";
import { providerTrouble } from "./trouble.ts";
import { type AttemptRow, attemptRef, type PaymentView, paymentStatus } from "./view.ts";

export interface PaymentRequest {
  readonly method: PaymentMethod;
  readonly orderId: string;
  /** What the caller believes is left to pay, in fen: it must be so. */
  readonly amount: Fen;
  readonly subject?: string | undefined;
}

export interface PaymentAnswer {
  readonly payment: PaymentView;
  /** False when an open attempt by the same method was handed out again. */
  readonly created: boolean;
}

/** An attempt starts only while its order can be paid for at least this long. */
export const MIN_PAYABLE_SECONDS = 120;

/** A credential that lapses sooner than this is renewed before it is handed out. */
const MIN_CREDENTIAL_SECONDS = 60;

/**
 * Opens an attempt to pay an order, or hands out the one that is open by this method. Three round trips: read,
 * record, note the credential. The attempt is on record, with the exact text to send, before the provider hears of it.
 * Throws the order's state as ORDER_…, AMOUNT_MISMATCH, and a provider's trouble as PROVIDER_….
 */
export async function createPayment(
  ctx: PaymentContext,
  actor: Actor,
  request: PaymentRequest,
): Promise<PaymentAnswer> {
  const provider = providerFor(ctx, request.method);
  const { order, attempts } = await readOrder(ctx, request.orderId);
  assertPayable(ctx, actor, order, request.amount);
  const open = attempts.find((attempt) => attempt.method === request.method);
  if (open) return await handOutAgain(ctx, provider, open);

  const draft = draftOf(order, request);
  const text = provider.prepare(draft);
  const recorded = await insertAttempt(ctx.db, {
    ...draft,
    provider: provider.name,
    request: text,
    now: presentOf(ctx),
    payableUntil: inSeconds(ctx, MIN_PAYABLE_SECONDS),
    nextCheckAt: nextCheck(ctx, 0),
  });
  if (recorded !== "inserted") return await afterNoInsert(ctx, actor, request, provider, draft.outTradeNo);
  await closeSiblings(ctx, attempts, draft.orderId, draft.outTradeNo);
  return await send(ctx, provider, attemptOf(ctx, draft, text), { firstSend: true });
}

/** The configured provider of a method. Throws METHOD_UNAVAILABLE. */
export function providerFor(ctx: PaymentContext, method: PaymentMethod): PaymentProvider {
  const provider = ctx.providers.find(METHODS[method].provider);
  if (!provider?.methods.includes(method)) throw new PayError("METHOD_UNAVAILABLE");
  return provider;
}

async function readOrder(ctx: PaymentContext, orderId: string) {
  const rows = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(orders)
      .leftJoin(
        paymentTransactions,
        and(eq(paymentTransactions.orderId, orders.id), inArray(paymentTransactions.state, ["CREATED", "PENDING"])),
      )
      .where(eq(orders.id, orderId)),
  );
  const order = rows[0]?.order;
  if (!order || !isVisible(order)) throw new PayError("ORDER_NOT_FOUND");
  return { order, attempts: rows.flatMap((row) => row.attempt ?? []) };
}

/** Throws what keeps an order from being paid now by this actor with this amount. */
export function assertPayable(ctx: PaymentContext, actor: Actor, order: OrderRow, amount: Fen): void {
  if (!maySee(actor, order.userId)) throw new PayError("ORDER_NOT_FOUND");
  if (order.state === "PAID") throw new PayError("ORDER_PAID");
  if (order.state === "CLOSED") throw new PayError("ORDER_CLOSED");
  if (order.closingAt !== null) throw new PayError("ORDER_CLOSING");
  if (order.expiresAt < inSeconds(ctx, MIN_PAYABLE_SECONDS)) throw new PayError("ORDER_EXPIRED");
  if (order.amount !== amount)
    throw new PayError("AMOUNT_MISMATCH", { issues: [{ path: "amount", message: "not what is left to pay" }] });
}

function draftOf(order: OrderRow, request: PaymentRequest) {
  return {
    method: request.method,
    outTradeNo: newOutTradeNo(order.id),
    orderId: order.id,
    userId: order.userId,
    amount: order.amount,
    subject: request.subject ?? order.subject,
    expiresAt: order.expiresAt,
  };
}

type Draft = ReturnType<typeof draftOf>;

/** The row as it was just inserted. */
function attemptOf(ctx: PaymentContext, draft: Draft, request: string): AttemptRow {
  const zero = 0 as Fen;
  const { subject: _shown, ...columns } = draft;
  return {
    ...columns,
    provider: METHODS[draft.method].provider,
    state: "CREATED",
    request,
    credential: null,
    credentialExpiresAt: null,
    failureCode: null,
    disposition: null,
    unappliedReason: null,
    policy: null,
    providerTradeNo: null,
    received: zero,
    refunding: zero,
    refunded: zero,
    createdAt: presentOf(ctx),
    paidAt: null,
    closedAt: null,
    nextCheckAt: nextCheck(ctx, 0),
    checks: 0,
    openMethod: draft.method,
  };
}

/** The order changed meanwhile, or somebody was faster with the same method, or our own insert's answer was lost. */
async function afterNoInsert(
  ctx: PaymentContext,
  actor: Actor,
  request: PaymentRequest,
  provider: PaymentProvider,
  outTradeNo: string,
): Promise<PaymentAnswer> {
  const { order, attempts } = await readOrder(ctx, request.orderId);
  const open = attempts.find((attempt) => attempt.method === request.method);
  if (open?.outTradeNo === outTradeNo) {
    await closeSiblings(ctx, attempts, order.id, outTradeNo);
    return await send(ctx, provider, open, { firstSend: true });
  }
  assertPayable(ctx, actor, order, request.amount);
  if (open) return await handOutAgain(ctx, provider, open);
  throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
}

/** Another method's attempts end without being waited for; should both be paid, the second goes back. */
async function closeSiblings(ctx: PaymentContext, open: readonly AttemptRow[], orderId: string, outTradeNo: string) {
  const siblings = open.filter((attempt) => attempt.outTradeNo !== outTradeNo);
  if (siblings.length === 0) return;
  await beginClosingSiblings(ctx.db, orderId, outTradeNo, nextCheck(ctx, 0));
  ctx.defer((later) =>
    Promise.all(siblings.map((sibling) => pursueClosing(later, { ...sibling, state: "CLOSING", checks: 0 }))),
  );
}

async function handOutAgain(ctx: PaymentContext, provider: PaymentProvider, open: AttemptRow): Promise<PaymentAnswer> {
  const lapses = open.credentialExpiresAt;
  const fresh = lapses !== null && lapses > inSeconds(ctx, MIN_CREDENTIAL_SECONDS);
  if (fresh && open.credential !== null) {
    const payment = viewOf(open, JSON.parse(open.credential) as Credential);
    return { payment, created: false };
  }
  return await send(ctx, provider, open, { firstSend: false });
}

/** Sends the recorded text, the first time or again, and books what the provider answers. */
async function send(
  ctx: PaymentContext,
  provider: PaymentProvider,
  attempt: AttemptRow,
  mode: { readonly firstSend: boolean },
): Promise<PaymentAnswer> {
  const outcome = await provider.create(attemptRef(attempt), callContext(ctx, mode.firstSend));
  if (outcome.kind === "ok") return await booked(ctx, attempt, outcome.value, mode.firstSend);
  ctx.log.warn("payment.create.failed", { attempt: attempt.outTradeNo, outcome: outcome.kind });
  if (outcome.kind === "refused") await failAttempt(ctx.db, attempt.outTradeNo, outcome.code, presentOf(ctx));
  throw providerTrouble(outcome, attempt.outTradeNo);
}

async function booked(
  ctx: PaymentContext,
  attempt: AttemptRow,
  answer: CreatedAttempt,
  created: boolean,
): Promise<PaymentAnswer> {
  if (answer.status === "paid") return { payment: await settledAtOnce(ctx, attempt, answer), created };
  const credential = { json: JSON.stringify(answer.credential), expiresAt: answer.credentialExpiresAt };
  const matched = await openAttempt(ctx.db, attempt.outTradeNo, credential);
  if (matched === 0) return await afterOvertaken(ctx, attempt);
  ctx.log.info("payment.created", { attempt: attempt.outTradeNo, method: attempt.method, amount: attempt.amount });
  const opened = { ...attempt, state: "PENDING" as const, credentialExpiresAt: credential.expiresAt };
  return { payment: viewOf(opened, answer.credential), created };
}

async function settledAtOnce(
  ctx: PaymentContext,
  attempt: AttemptRow,
  answer: Extract<CreatedAttempt, { status: "paid" }>,
): Promise<PaymentView> {
  const settlement = await settle(ctx, attempt.provider, attempt.outTradeNo, answer.receipt);
  if (settlement === "unfunded") return await afterUnfunded(ctx, attempt);
  return viewOf({ ...attempt, state: "SUCCESS" }, answer.credential);
}

/** Points did not suffice, or the order ended meanwhile: either way none were taken. */
async function afterUnfunded(ctx: PaymentContext, attempt: AttemptRow): Promise<never> {
  await failAttempt(ctx.db, attempt.outTradeNo, "INSUFFICIENT_POINTS", presentOf(ctx));
  await voidPointsEntry(ctx.db, { userId: attempt.userId, kind: "PAY", causeId: attempt.outTradeNo }, presentOf(ctx));
  const { order } = await readOrder(ctx, attempt.orderId);
  if (order.state === "PAID") throw new PayError("ORDER_PAID");
  if (order.state === "CLOSED") throw new PayError("ORDER_CLOSED");
  throw new PayError("INSUFFICIENT_POINTS");
}

/**
 * The attempt ended while the provider was asked. The trade may have come to life only after it was closed, so
 * it is closed once more; the buyer never gets its credential.
 */
async function afterOvertaken(ctx: PaymentContext, attempt: AttemptRow): Promise<never> {
  const [current] = await read(() =>
    ctx.db
      .select({ order: orders, attempt: paymentTransactions })
      .from(paymentTransactions)
      .innerJoin(orders, eq(orders.id, paymentTransactions.orderId))
      .where(eq(paymentTransactions.outTradeNo, attempt.outTradeNo)),
  );
  if (current && current.attempt.state !== "SUCCESS") {
    ctx.defer((later) => pursueClosing(later, { ...current.attempt, state: "CLOSING" }));
  }
  if (current?.order.state === "PAID") throw new PayError("ORDER_PAID");
  if (current?.order.state === "CLOSED") throw new PayError("ORDER_CLOSED");
  throw new PayError(current?.order.closingAt ? "ORDER_CLOSING" : "REQUEST_IN_PROGRESS");
}

function viewOf(attempt: AttemptRow, credential: Credential): PaymentView {
  return {
    ...credential,
    transactionId: attempt.outTradeNo,
    outTradeNo: attempt.outTradeNo,
    orderId: attempt.orderId,
    status: paymentStatus(attempt.state),
    amount: attempt.amount,
    expiresAt: attempt.expiresAt,
    credentialExpiresAt: attempt.credentialExpiresAt,
  };
}
