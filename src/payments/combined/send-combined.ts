/** Sending a combined payment to its provider, the first time or again, and booking what the provider answers. */
import {
  failCombined,
  noteCombinedCredential,
  noteRepeatedCombined,
  openCombined,
} from "../../../db/statements/combined.ts";
import { PayError } from "../../errors.ts";
import type { Credential, CredentialWishes } from "../../providers/credential.ts";
import { credentialLapse } from "../../providers/credential.ts";

import { unknown } from "../../providers/outcome.ts";
import { handedOut, isFresh, openCredential, sealCredential } from "../attempts/credential.ts";

import { providerTrouble } from "../attempts/trouble.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { afterEcho, afterOvertaken } from "./overtaken.ts";
import {
  type Combined,
  combinedField,
  combinedPaymentsOf,
  findCombined,
  recordedCombined,
  type Sendable,
  sendable,
} from "./record.ts";
import { type CombinedPaymentView, combinedView } from "./view.ts";

export interface CombinedAnswer {
  readonly payment: CombinedPaymentView;
  /** False when one that was there already was handed out again. */
  readonly created: boolean;
}

/** Hands out the credential of an open combined payment, renewed by the identical text when it has lapsed. */
export async function handOutAgain(
  ctx: PaymentContext,
  open: Sendable,
  wishes: CredentialWishes,
): Promise<CombinedAnswer> {
  const { credential, credentialExpiresAt } = open.payment;
  if (isFresh(ctx, credentialExpiresAt) && credential !== null) {
    const handed = await openCredential(ctx, combinedField("credential", open.payment), credential);
    return { payment: viewOf(ctx, open, handed, wishes), created: false };
  }
  const { combineOutTradeNo } = open.payment;
  const isUnconfirmed = open.trades.some(({ state }) => state === "CREATED");
  if (isUnconfirmed && (await noteRepeatedCombined(ctx.db, combineOutTradeNo)) === 0) {
    const opened = await openedMeanwhile(ctx, combineOutTradeNo);
    if (opened && isOpened(opened)) return await handOutAgain(ctx, opened, wishes);
    throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  }
  return await send(ctx, open, wishes, { firstSend: false });
}

/** Sends the recorded text, the first time or again, and books what the provider answers. Throws PROVIDER_…. */
export async function send(
  ctx: PaymentContext,
  combined: Sendable,
  wishes: CredentialWishes,
  mode: { readonly firstSend: boolean },
): Promise<CombinedAnswer> {
  const { combineOutTradeNo, provider } = combined.payment;
  const call = callContext(ctx, mode.firstSend);
  const outcome = await combinedPaymentsOf(ctx, provider).create(await recordedCombined(ctx, combined), call);
  if (outcome.kind === "ok") {
    const opened = await open(ctx, combined, outcome.value);
    return { payment: viewOf(ctx, opened, outcome.value.credential, wishes), created: mode.firstSend };
  }
  ctx.log.warn("combined.create.failed", { combined: combineOutTradeNo, outcome: outcome.kind });
  if (outcome.kind === "unknown" && outcome.cause === "echo") return await afterEcho(ctx, combineOutTradeNo, outcome);
  if (outcome.kind !== "refused") throw providerTrouble(outcome, combineOutTradeNo);
  const failed = await failCombined(ctx.db, combineOutTradeNo, outcome.code, presentOf(ctx));
  const current = failed === 0 && mode.firstSend ? await openedMeanwhile(ctx, combineOutTradeNo) : undefined;
  if (!current) throw providerTrouble(outcome, combineOutTradeNo);
  if (isOpened(current)) return await handOutAgain(ctx, current, wishes);
  // Somebody else has sent it, too: what was refused may be the echo of theirs.
  return await afterEcho(ctx, combineOutTradeNo, unknown("echo", `${outcome.code}: ${outcome.message}`));
}

/**
 * The attempts were not to be failed, or sent, any more. The same request sent at the same time may be sending them, or may
 * have opened them: their credential is everybody's. Undefined when they had been failed. Throws when they have ended otherwise.
 */
async function openedMeanwhile(ctx: PaymentContext, combineOutTradeNo: string): Promise<Sendable | undefined> {
  const current = await findCombined(ctx, { combineOutTradeNo });
  const states = current?.parts.map(({ attempt }) => attempt.state) ?? [];
  if (!current || states.includes("FAILED")) return undefined;
  const isOpen = states.every((state) => state === "PENDING" || state === "CREATED");
  return isOpen ? sendable(current) : await afterOvertaken(ctx, combineOutTradeNo);
}

function isOpened({ trades }: Sendable): boolean {
  return trades.every(({ state }) => state === "PENDING");
}

/** The credential is noted only for attempts that are open: of others nobody gets it, not even who repeats the call. */
async function open(
  ctx: PaymentContext,
  { payment, trades }: Sendable,
  answer: { readonly credential: Credential; readonly credentialExpiresAt: Date },
): Promise<Sendable> {
  const { combineOutTradeNo, method } = payment;
  const opened = await openCombined(ctx.db, combineOutTradeNo);
  if (opened < trades.length) return await afterOvertaken(ctx, combineOutTradeNo);
  const { credential } = answer;
  const field = combinedField("credential", payment);
  const earlier = await handedOut(ctx, field, payment);
  const credentialExpiresAt = credentialLapse(earlier, credential, answer.credentialExpiresAt, ctx.now());
  const noted = { sealed: await sealCredential(ctx, field, credential), expiresAt: credentialExpiresAt };
  await noteCombinedCredential(ctx.db, combineOutTradeNo, noted);
  ctx.log.info("combined.created", { combined: combineOutTradeNo, method, orders: opened });
  return {
    payment: { ...payment, credentialExpiresAt },
    trades: trades.map((trade) => ({ ...trade, state: "PENDING" as const })),
  };
}

/**
 * The combined payment that the same request made before, when it is not open any more. Throws what that request ended in
 * when it never got as far as a credential, or when money of it came and did not pay its order.
 */
export async function handOutEarlier(
  ctx: PaymentContext,
  earlier: Combined,
  wishes: CredentialWishes,
): Promise<CombinedAnswer> {
  const { credential, combineOutTradeNo } = earlier.payment;
  // Money that came and did not pay its order: nobody is to hand out goods for all of them.
  if (earlier.parts.some(({ attempt }) => attempt.disposition === "UNAPPLIED")) throw new PayError("PAYMENT_CLOSED");
  if (credential !== null) {
    const handed = await openCredential(ctx, combinedField("credential", earlier.payment), credential);
    return { payment: viewOf(ctx, sendable(earlier), handed, wishes), created: false };
  }
  const failureCode = earlier.parts.find(({ attempt }) => attempt.failureCode !== null)?.attempt.failureCode;
  if (failureCode) {
    throw new PayError("PROVIDER_REFUSED", { providerCode: failureCode, transactionId: combineOutTradeNo });
  }
  const paid = earlier.parts.some(({ attempt }) => attempt.state === "SUCCESS");
  throw new PayError(paid ? "ORDER_PAID" : "PAYMENT_CLOSED");
}

function viewOf(
  ctx: PaymentContext,
  combined: Sendable,
  credential: Credential,
  wishes: CredentialWishes,
): CombinedPaymentView {
  return combinedView(combined, ctx.providers.get(combined.payment.provider).present(credential, wishes));
}
