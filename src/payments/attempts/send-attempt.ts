/** Sending an attempt to its provider, the first time or again, and booking what the provider answers. */
import { failAttempt, noteRepeatedSend, openAttempt } from "../../../db/statements/attempt.ts";
import { voidPointsEntry } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import type { CreatedAttempt } from "../../providers/attempt.ts";
import type { Credential, CredentialWishes } from "../../providers/credential.ts";
import { credentialLapse } from "../../providers/credential.ts";
import { unknown } from "../../providers/outcome.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import type { OrderRow } from "../orders/view.ts";
import { settle } from "../settlement.ts";
import { credentialField, handedOut, isFresh, openCredential, sealCredential } from "./credential.ts";
import { afterEcho, afterOvertaken, endOf, readCurrent } from "./overtaken.ts";
import { providerTrouble } from "./trouble.ts";
import { type AttemptRow, attemptKey, type PaymentView, paymentStatus, recordedAttempt } from "./view.ts";

export interface PaymentAnswer {
  readonly payment: PaymentView;
  /** False when an attempt that was there already was handed out again. */
  readonly created: boolean;
}

/** By whom an attempt is sent, and how its buyer wants the credential. */
export interface HandOut {
  readonly provider: PaymentProvider;
  readonly wishes: CredentialWishes;
}

/** Hands out an open attempt's credential, renewed when it has lapsed. */
export async function handOutAgain(ctx: PaymentContext, handOut: HandOut, open: AttemptRow): Promise<PaymentAnswer> {
  const lapses = open.credentialExpiresAt;
  if (isFresh(ctx, lapses) && open.credential !== null) {
    const credential = await openCredential(ctx, credentialField(open), open.credential);
    return { payment: viewOf(handOut, open, credential), created: false };
  }
  if (open.state === "CREATED" && (await noteRepeatedSend(ctx.db, open.outTradeNo)) === 0) {
    const opened = await openedMeanwhile(ctx, open);
    if (opened?.state === "PENDING") return await handOutAgain(ctx, handOut, opened);
    throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  }
  return await send(ctx, handOut, open, { firstSend: false });
}

/** Sends the recorded text, the first time or again, and books what the provider answers. Throws PROVIDER_…. */
export async function send(
  ctx: PaymentContext,
  handOut: HandOut,
  attempt: AttemptRow,
  mode: { readonly firstSend: boolean },
): Promise<PaymentAnswer> {
  const outcome = await handOut.provider.create(await recordedAttempt(ctx, attempt), callContext(ctx, mode.firstSend));
  if (outcome.kind === "ok") return await booked(ctx, handOut, attempt, outcome.value, mode.firstSend);
  ctx.log.warn("payment.create.failed", { attempt: attempt.outTradeNo, outcome: outcome.kind });
  if (outcome.kind === "unknown" && outcome.cause === "echo") {
    return await afterEcho(ctx, handOut.provider, attempt, outcome);
  }
  if (outcome.kind !== "refused") throw providerTrouble(outcome, attempt.outTradeNo);
  const failure = { code: outcome.code, sentOnce: true };
  const failed = await failAttempt(ctx.db, attempt.outTradeNo, failure, presentOf(ctx));
  const current = failed === 0 && mode.firstSend ? await openedMeanwhile(ctx, attempt) : undefined;
  if (!current) throw providerTrouble(outcome, attempt.outTradeNo);
  if (current.state === "PENDING") return await handOutAgain(ctx, handOut, current);
  // Somebody else has sent it, too: what was refused may be the echo of theirs.
  return await afterEcho(ctx, handOut.provider, attempt, unknown("echo", `${outcome.code}: ${outcome.message}`));
}

/**
 * The attempt was not to be failed, or sent, any more. The same request sent at the same time may be sending it, or may have
 * opened it: its credential is everybody's. Undefined when it had been failed. Throws when it has ended otherwise.
 */
async function openedMeanwhile(ctx: PaymentContext, attempt: AttemptRow): Promise<AttemptRow | undefined> {
  const current = (await readCurrent(ctx, attempt))?.attempt;
  if (!current || current.state === "FAILED") return undefined;
  return current.state === "PENDING" || current.state === "CREATED" ? current : await afterOvertaken(ctx, attempt);
}

async function booked(
  ctx: PaymentContext,
  handOut: HandOut,
  attempt: AttemptRow,
  answer: CreatedAttempt,
  created: boolean,
): Promise<PaymentAnswer> {
  if (answer.status === "paid") return { payment: await settledAtOnce(ctx, handOut, attempt, answer), created };
  const field = credentialField(attempt);
  const earlier = await handedOut(ctx, field, attempt);
  const expiresAt = credentialLapse(earlier, answer.credential, answer.credentialExpiresAt, ctx.now());
  const credential = { sealed: await sealCredential(ctx, field, answer.credential), expiresAt };
  const matched = await openAttempt(ctx.db, attempt.outTradeNo, credential);
  if (matched === 0) return await afterOvertaken(ctx, attempt);
  ctx.log.info("payment.created", { attempt: attempt.outTradeNo, method: attempt.method, amount: attempt.amount });
  const opened = { ...attempt, state: "PENDING" as const, credentialExpiresAt: credential.expiresAt };
  return { payment: viewOf(handOut, opened, answer.credential), created };
}

async function settledAtOnce(
  ctx: PaymentContext,
  handOut: HandOut,
  attempt: AttemptRow,
  answer: Extract<CreatedAttempt, { status: "paid" }>,
): Promise<PaymentView> {
  const settlement = await settle(ctx, attemptKey(attempt), answer.receipt);
  if (settlement === "unfunded") return await afterUnfunded(ctx, attempt);
  // The money came, and the order can't be paid by it any more: nobody is to hand out goods for it.
  if (settlement !== "applied" && settlement !== "repeated") return await afterOvertaken(ctx, attempt);
  return viewOf(handOut, { ...attempt, state: "SUCCESS" }, answer.credential);
}

/** Points did not suffice, or the order or the attempt ended meanwhile: either way none were taken. */
async function afterUnfunded(ctx: PaymentContext, attempt: AttemptRow): Promise<never> {
  await failAttempt(ctx.db, attempt.outTradeNo, { code: "INSUFFICIENT_POINTS", sentOnce: false }, presentOf(ctx));
  await voidPointsEntry(ctx.db, { userId: attempt.userId, kind: "PAY", causeId: attempt.outTradeNo }, presentOf(ctx));
  const current = await readCurrent(ctx, attempt);
  if (current?.order.state === "PAID") throw new PayError("ORDER_PAID");
  if (current?.order.state === "CLOSED") throw new PayError("ORDER_CLOSED");
  throw new PayError(current?.attempt.state === "FAILED" ? "INSUFFICIENT_POINTS" : "PAYMENT_CLOSED");
}

/**
 * The attempt that the same request made before, wherever it stands by now. Throws what that request ended in when it
 * never got as far as a credential, or when its money came and did not pay the order.
 */
export async function handOutEarlier(
  ctx: PaymentContext,
  handOut: HandOut,
  order: OrderRow,
  earlier: AttemptRow,
): Promise<PaymentAnswer> {
  if (earlier.disposition === "UNAPPLIED") throw new PayError(endOf(order) ?? "PAYMENT_CLOSED");
  if (earlier.credential !== null) {
    const credential = await openCredential(ctx, credentialField(earlier), earlier.credential);
    return { payment: viewOf(handOut, earlier, credential), created: false };
  }
  const { method } = earlier;
  if ((method === "POINTS" || method === "ALIPAY_BARCODE") && earlier.disposition === "APPLIED") {
    return { payment: viewOf(handOut, earlier, { method }), created: false };
  }
  if (earlier.failureCode === "INSUFFICIENT_POINTS") throw new PayError("INSUFFICIENT_POINTS");
  if (earlier.failureCode !== null) {
    throw new PayError("PROVIDER_REFUSED", { providerCode: earlier.failureCode, transactionId: earlier.outTradeNo });
  }
  throw new PayError(earlier.state === "SUCCESS" ? "ORDER_PAID" : "PAYMENT_CLOSED");
}

function viewOf({ provider, wishes }: HandOut, attempt: AttemptRow, credential: Credential): PaymentView {
  return {
    ...provider.present(credential, wishes),
    transactionId: attempt.outTradeNo,
    outTradeNo: attempt.outTradeNo,
    orderId: attempt.orderId,
    status: paymentStatus(attempt.state),
    amount: attempt.amount,
    expiresAt: attempt.expiresAt,
    credentialExpiresAt: attempt.credentialExpiresAt,
  };
}
