/** What a provider says of a refund becomes a fact in the books, once. */
import { and, eq } from "drizzle-orm";
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import type { AnomalyKind } from "../../../db/schema/records.ts";
import { applyRefund, noteRefund, releaseRefund } from "../../../db/statements/refund.ts";
import type { Fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { CallbackEvent, RefundView } from "../../providers/provider.ts";
import { asKey, recordAnomaly } from "../anomalies.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { newId } from "../ids.ts";
import { getRefundRow, insertRefund } from "./record.ts";
import type { RefundRow } from "./view.ts";

type KnownRefund = Exclude<RefundView, { status: "not_found" }>;
type RefundEvent = Extract<CallbackEvent, { kind: "refund" }>;

/** `applied`: done now; `repeated`: done before; `noted`: on its way; `released`: failed; `anomaly`: needs a person. */
export type RefundBooking = "applied" | "repeated" | "noted" | "released" | "anomaly";

/** Books a provider's answer about a refund of ours. Returns the row as it is then. */
export async function bookRefundView(ctx: PaymentContext, refund: RefundRow, view: KnownRefund): Promise<RefundRow> {
  await book(ctx, refund.provider, refund.id, view, async () => refund);
  return await getRefundRow(ctx, refund.id);
}

/** Books a refund callback. One round trip when it completes a refund of ours. Throws DatabaseUnavailable. */
export function bookRefundEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<RefundBooking> {
  return book(ctx, provider, event.outRefundNo, event.refund, () => findRefund(ctx, provider, event), event);
}

/** Our own refunds carry their number as their id, so that a callback needs no look-up. */
async function book(
  ctx: PaymentContext,
  provider: ProviderName,
  refundId: string,
  view: KnownRefund,
  find: () => Promise<RefundRow | undefined>,
  event?: RefundEvent,
): Promise<RefundBooking> {
  if (view.status !== "success") {
    const refund = await find();
    return refund ? await bookUnfinished(ctx, refund, view) : await unknownRefund(ctx, provider, event);
  }
  const succeededAt = view.succeededAt ?? presentOf(ctx);
  const done = { provider, providerRefundNo: view.providerRefundNo, amount: view.amount, succeededAt };
  if ((await applyRefund(ctx.db, refundId, done, presentOf(ctx))) > 0) {
    ctx.log.info("refund.applied", { refund: refundId, provider });
    return "applied";
  }
  return await afterNoMatch(ctx, provider, view, event ? await find() : await getRefundRow(ctx, refundId), event);
}

async function bookUnfinished(ctx: PaymentContext, refund: RefundRow, view: KnownRefund): Promise<RefundBooking> {
  const { providerRefundNo } = view;
  if (view.status === "closed") {
    if ((await releaseRefund(ctx.db, refund.id, "PROVIDER_CLOSED", presentOf(ctx))) === 0) return "repeated";
    await report(ctx, "REFUND_FAILED", refund, view);
    return "released";
  }
  const status = view.status === "abnormal" ? "abnormal" : "processing";
  if (status === "abnormal") await report(ctx, "REFUND_ABNORMAL", refund, view);
  await noteRefund(ctx.db, refund.id, status, { providerRefundNo, nextCheckAt: nextCheck(ctx, refund.checks) });
  return "noted";
}

/** The money has gone back, yet the statement matched nothing: done before, or not as it was asked for. */
async function afterNoMatch(
  ctx: PaymentContext,
  provider: ProviderName,
  view: KnownRefund,
  refund: RefundRow | undefined,
  event: RefundEvent | undefined,
): Promise<RefundBooking> {
  if (!refund) return await unknownRefund(ctx, provider, event);
  if (refund.state === "SUCCESS") return "repeated";
  if (view.amount !== null && view.amount !== refund.amount)
    return await report(ctx, "REFUND_AMOUNT_DIFFERS", refund, view);
  if (refund.state === "CLOSED" || refund.state === "REQUESTED")
    return await report(ctx, "REFUND_AFTER_CLOSE", refund, view);
  throw new DatabaseUnavailable("the refund still applies but did not take effect");
}

async function report(
  ctx: PaymentContext,
  kind: AnomalyKind,
  refund: RefundRow,
  view: KnownRefund,
): Promise<"anomaly"> {
  await recordAnomaly(ctx, {
    kind,
    number: refund.outRefundNo,
    provider: refund.provider,
    orderId: refund.orderId,
    outTradeNo: refund.outTradeNo,
    refundId: refund.id,
    detail: { state: refund.state, amount: refund.amount, reported: view.amount, status: view.status },
  });
  return "anomaly";
}

async function findRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<RefundRow | undefined> {
  const [refund] = await read(() =>
    ctx.db
      .select()
      .from(refundRecords)
      .where(and(eq(refundRecords.provider, provider), eq(refundRecords.outRefundNo, event.outRefundNo))),
  );
  return refund;
}

/** A refund nobody here made: somebody used the provider's console. It is recorded, outside our ceiling. */
async function unknownRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent | undefined,
): Promise<RefundBooking> {
  if (!event) throw new Error("a refund of ours is missing from the books");
  const { outTradeNo, outRefundNo, refund } = event;
  await recordAnomaly(ctx, {
    kind: "UNKNOWN_REFUND",
    number: outRefundNo,
    provider,
    outTradeNo,
    detail: { outRefundNo, status: refund.status, amount: refund.amount },
  });
  if (refund.status === "success" && refund.amount) await recordExternal(ctx, provider, event, refund.amount);
  return "anomaly";
}

async function recordExternal(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
  amount: Fen,
): Promise<void> {
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, event.outTradeNo)),
  );
  if (attempt?.provider !== provider) return;
  const now = presentOf(ctx);
  await insertRefund(ctx, {
    id: newId(ctx.now()),
    orderId: attempt.orderId,
    userId: attempt.userId,
    outTradeNo: attempt.outTradeNo,
    provider,
    outRefundNo: asKey(event.outRefundNo, 64),
    state: "SUCCESS",
    origin: "EXTERNAL",
    applied: false,
    amount,
    points: 0,
    reason: "made at the provider",
    items: "[]",
    lineCount: 0,
    request: "",
    providerRefundNo: event.refund.providerRefundNo,
    failureCode: null,
    requestedBy: "provider",
    decidedBy: null,
    requestKey: null,
    requestHash: null,
    createdAt: now,
    decidedAt: null,
    succeededAt: event.refund.succeededAt ?? now,
    nextCheckAt: null,
    checks: 0,
  });
}
