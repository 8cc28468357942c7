/** Refunds that an operator gives up because nobody can find out what became of them, and how their provider is watched. */
import { endRefundWatch, postponeRefund } from "../../../db/statements/refund.ts";
import { releaseRefund as releaseStatement } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import type { Outcome } from "../../providers/outcome.ts";
import type { RefundView } from "../../providers/refund.ts";
import { providerTrouble } from "../attempts/trouble.ts";
import { type Actor, callContext, inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { recordAction } from "../operator-actions.ts";
import { assertSendOver, secondLook, untilSent } from "../resend.ts";
import { bookRefundView } from "./book-refund.ts";
import { isInDoubt, isReleased, RELEASED, resolveDoubt } from "./doubt.ts";
import { getRefundRow } from "./record.ts";
import { isWaiting } from "./send-in-turn.ts";
import { type RefundRecordView, type RefundRow, refundRef, refundView } from "./view.ts";

const DAY_SECONDS = 86_400;

/** For so long after it was decided the provider of a refund that was given up is asked what became of it. */
const WATCH_DAYS = 60;

interface Release {
  readonly refundId: string;
  readonly reason: string;
}

/**
 * An operator frees what a refund in doubt has reserved. Its provider is asked first: what it knows of the refund is booked,
 * and nothing is freed. The provider goes on being watched; money that goes back after all is counted, and reported.
 * Repeatable. Throws REFUND_NOT_FOUND, REFUND_NOT_IN_DOUBT, REQUEST_IN_PROGRESS while it is being sent, and PROVIDER_… while
 * its provider can't be asked: it may have paid.
 */
export async function releaseRefund(ctx: PaymentContext, actor: Actor, request: Release): Promise<RefundRecordView> {
  const refund = await getRefundRow(ctx, request.refundId);
  if (isReleased(refund)) return await refundView(ctx, refund);
  if (!isInDoubt(ctx, refund)) throw new PayError("REFUND_NOT_IN_DOUBT");
  if (refund.sentAt) assertSendOver(ctx, refund.sentAt);
  // From here on whoever sends it moves its looks on, and it is not released.
  if ((await postponeRefund(ctx.db, refund.id, refund.checks, untilSent(ctx))) === 0) throw inProgress();
  const known = isWaiting(refund) ? undefined : await askNow(ctx, refund);
  if (known) return await refundView(ctx, known);
  await recordAction(ctx, actor, actionOf(refund, request.reason));
  const seen = { checks: refund.checks + 1, sentAt: refund.sentAt };
  const watched = { seen, nextCheckAt: secondLook(ctx) };
  await releaseStatement(ctx.db, refund.id, RELEASED, presentOf(ctx), watched);
  const released = await getRefundRow(ctx, refund.id);
  if (!isReleased(released)) throw inProgress();
  ctx.log.warn("refund.released", { refund: refund.id, by: actor.id });
  return await refundView(ctx, released);
}

/** The refund as its provider has decided it just now. Undefined when it does not know it, or won't say. */
async function askNow(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow | undefined> {
  const answer = await askProvider(ctx, refund);
  if (answer.kind !== "ok" && !hasAnswered(answer)) throw providerTrouble(answer);
  const view = answer.kind === "ok" ? answer.value : undefined;
  if (!view || view.status === "not_found" || isVague(ctx, refund, view)) return undefined;
  const booked = await bookRefundView(ctx, refund, view, "asked");
  if (booked.state === "SUCCESS" || booked.state === "CLOSED") return booked;
  throw new PayError("REFUND_NOT_IN_DOUBT");
}

function askProvider(ctx: PaymentContext, refund: RefundRow): Promise<Outcome<RefundView>> {
  return ctx.providers.get(refund.provider).queryRefund(refundRef(refund), callContext(ctx, false));
}

/** Whether these are a provider's own words. One that has ended the contract says for ever that it is not to be asked. */
function hasAnswered(answer: Exclude<Outcome<RefundView>, { kind: "ok" }>): boolean {
  return answer.kind === "refused" || (answer.kind === "unknown" && answer.cause === "unlisted");
}

/** Whether an answer may be that of a provider which has no such refund and says that it is not done yet. */
function isVague(ctx: PaymentContext, refund: RefundRow, view: RefundView): boolean {
  return view.status === "processing" && (ctx.providers.get(refund.provider).refundQueriesAreVague ?? false);
}

function actionOf(refund: RefundRow, reason: string) {
  const { id: subject, orderId, state, amount } = refund;
  const before = { state, amount: formatYuan(amount) };
  return { action: "refunds.release", subject, orderId, reason, before, after: { state: "CLOSED" } };
}

function inProgress(): PayError {
  return new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
}

/** When to ask again about a refund that was given up. */
export function nextWatch(ctx: PaymentContext): Date {
  return inSeconds(ctx, DAY_SECONDS);
}

/**
 * Asks once more about a refund that was given up. Once its provider says that it failed, or that there is none, it is
 * in doubt no more. Money that went back after all is booked, with an anomaly.
 */
export async function watchReleased(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  const answer = await askProvider(ctx, refund);
  const view = answer.kind === "ok" ? answer.value : undefined;
  if (view?.status === "closed" || view?.status === "not_found") {
    await resolveDoubt(ctx, refund, view.status);
    await endRefundWatch(ctx.db, refund.id);
    return;
  }
  // Money for which there is no room, as another refund took it, is booked once there is.
  if (view && !isVague(ctx, refund, view)) await bookRefundView(ctx, refund, view, "asked");
  const days = (ctx.now() - (refund.decidedAt ?? refund.createdAt).getTime()) / (DAY_SECONDS * 1000);
  if (days > WATCH_DAYS) await endRefundWatch(ctx.db, refund.id);
}
