import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import { providerTrouble } from "../attempts/trouble.ts";
import { type Actor, callContext, type PaymentContext } from "../context.ts";
import { recordEvent } from "../events.ts";
import { recordAction } from "../operator-actions.ts";
import { unseal } from "../sealed.ts";
import { bookRefundView } from "./book-refund.ts";
import { DECLINED } from "./decide-refund.ts";
import { PAID_BY, type PaidBy, refundValue } from "./divide-refund.ts";
import { draftOf } from "./draft-refund.ts";
import { getRefundRow, insertRefund, newRefund } from "./record.ts";
import { reserveAndSend } from "./reserve-refund.ts";
import { type RefundRecordView, type RefundRow, refundField, refundRef, refundView } from "./view.ts";

interface Retry {
  readonly refundId: string;
  readonly reason: string;
}

/**
 * An operator tries a refund again that has failed: the same value and pieces under a new number, once for each failed
 * refund. Repeatable. The provider is asked about the old number first. Throws REFUND_NOT_FOUND, REFUND_NOT_FAILED, a
 * provider's trouble as PROVIDER_…, and what reserving throws.
 */
export async function retryRefund(ctx: PaymentContext, actor: Actor, request: Retry): Promise<RefundRecordView> {
  const failed = await getRefundRow(ctx, request.refundId);
  const earlier = await findRetry(ctx, failed.id);
  if (earlier) return await goOn(ctx, actor, earlier);
  await assertFailed(ctx, failed);
  const refund = await draftRetry(ctx, actor, failed);
  await recordAction(ctx, actor, {
    ...{ action: "refunds.retry", subject: failed.id, orderId: failed.orderId, reason: request.reason },
    before: { state: failed.state, failureCode: failed.failureCode, amount: formatYuan(failed.amount) },
    after: { refundId: refund.id, amount: formatYuan(refund.amount), points: refund.points },
  });
  await insertRefund(ctx, refund);
  return await goOn(ctx, actor, (await findRetry(ctx, failed.id)) ?? refund);
}

/** The event comes before the money moves, so that nobody who dies in between leaves it untold. */
async function goOn(ctx: PaymentContext, actor: Actor, retry: RefundRow): Promise<RefundRecordView> {
  if (retry.state !== "REQUESTED") return await refundView(ctx, retry);
  const { orderId, amount, id, retryOf } = retry;
  const subject = retryOf ?? id;
  await recordEvent(ctx, { kind: "refund.retried", subject, orderId, amounts: { amount }, detail: { refundId: id } });
  return await reserveAndSend(ctx, retry, actor.id);
}

async function findRetry(ctx: PaymentContext, refundId: string): Promise<RefundRow | undefined> {
  const [retry] = await read(() => ctx.db.select().from(refundRecords).where(eq(refundRecords.retryOf, refundId)));
  return retry;
}

/**
 * Whether it is certain that a refund's number has moved no money, as far as its provider can say. Money beside an order has
 * its own numbers, and a declined wish never was a refund.
 */
async function assertFailed(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  if (refund.state !== "CLOSED" || refund.failureCode === DECLINED || !refund.applied) {
    throw new PayError("REFUND_NOT_FAILED");
  }
  if (refund.provider === "points") return;
  const provider = ctx.providers.get(refund.provider);
  const answer = await provider.queryRefund(refundRef(refund), callContext(ctx, false));
  if (answer.kind !== "ok") throw providerTrouble(answer);
  const { value: view } = answer;
  const isVague = view.status === "processing" && provider.refundQueriesAreVague;
  if (view.status === "not_found" || view.status === "closed" || isVague) return;
  await bookRefundView(ctx, refund, view, "asked");
  throw new PayError("REFUND_NOT_FAILED");
}

/** The buyer reads why they get their money; why it is tried again is the trail's. */
async function draftRetry(ctx: PaymentContext, actor: Actor, failed: RefundRow): Promise<RefundRow> {
  const paid = await readPaidBy(ctx, failed);
  return newRefund(ctx, {
    ...(await draftOf(ctx, paid, refundValue(failed), await unseal(ctx, refundField("reason", failed), failed.reason))),
    ...{ origin: "OPERATOR", requestedBy: actor.id, decidedBy: actor.id },
    ...{ items: failed.items, lineCount: failed.lineCount, retryOf: failed.id },
  });
}

async function readPaidBy(ctx: PaymentContext, { orderId }: RefundRow): Promise<PaidBy> {
  const [row] = await read(() =>
    ctx.db
      .select(PAID_BY)
      .from(orders)
      .leftJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, orders.paidBy))
      .where(eq(orders.id, orderId)),
  );
  if (!row) throw new PayError("ORDER_NOT_FOUND");
  return { ...row, attempt: row.attempt ?? undefined };
}
