/** What a provider says of a refund becomes a fact in the books, once. */
import { and, eq } from "drizzle-orm";
import { CheckRefused, DatabaseUnavailable, read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import type { AnomalyKind } from "../../../db/schema/records.ts";
import {
  applyClosedRefund,
  applyRefund,
  noteRefund,
  type RefundDone,
  releaseRefund,
} from "../../../db/statements/refund.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { CallbackEvent, RefundView } from "../../providers/provider.ts";
import { isKey, recordAnomaly } from "../anomalies.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { recordUnknownRefund } from "./external-refund.ts";
import { getRefundRow } from "./record.ts";
import type { RefundRow } from "./view.ts";

type KnownRefund = Exclude<RefundView, { status: "not_found" }>;
type RefundEvent = Extract<CallbackEvent, { kind: "refund" }>;

/** `applied`: done now; `repeated`: done before; `noted`: on its way; `released`: failed; `anomaly`: needs a person. */
export type RefundBooking = "applied" | "repeated" | "noted" | "released" | "anomaly";

async function unknownRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent | undefined,
): Promise<"anomaly"> {
  if (!event) throw new Error("a refund of ours is missing from the books");
  await recordUnknownRefund(ctx, provider, event);
  return "anomaly";
}

/** Books a provider's answer about a refund of ours. Returns the row as it is then. */
export async function bookRefundView(ctx: PaymentContext, refund: RefundRow, view: KnownRefund): Promise<RefundRow> {
  await book(ctx, refund, refund.id, view, async () => refund);
  return await getRefundRow(ctx, refund.id);
}

/** Books a refund callback. One round trip when it completes a refund of ours. Throws DatabaseUnavailable. */
export function bookRefundEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<RefundBooking> {
  const { outTradeNo, outRefundNo, refund } = event;
  if (!isKey(outTradeNo) || !isKey(outRefundNo)) return unknownRefund(ctx, provider, event);
  return book(ctx, { provider, outTradeNo }, outRefundNo, refund, () => findRefund(ctx, provider, event), event);
}

/** Our own refunds carry their number as their id, so that a callback needs no look-up. */
async function book(
  ctx: PaymentContext,
  trade: { readonly provider: ProviderName; readonly outTradeNo: string },
  refundId: string,
  view: KnownRefund,
  find: () => Promise<RefundRow | undefined>,
  event?: RefundEvent,
): Promise<RefundBooking> {
  const { provider, outTradeNo } = trade;
  if (view.status !== "success") {
    const refund = await find();
    return refund ? await bookUnfinished(ctx, refund, view) : await unknownRefund(ctx, provider, event);
  }
  const succeededAt = view.succeededAt ?? presentOf(ctx);
  const done = { provider, outTradeNo, providerRefundNo: view.providerRefundNo, amount: view.amount, succeededAt };
  if ((await applyRefund(ctx.db, refundId, done, presentOf(ctx))) > 0) {
    ctx.log.info("refund.applied", { refund: refundId, provider });
    return "applied";
  }
  const refund = event ? await find() : await getRefundRow(ctx, refundId);
  return refund ? await afterNoMatch(ctx, refund, view, done) : await unknownRefund(ctx, provider, event);
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
  const note = { providerRefundNo, nextCheckAt: nextCheck(ctx, refund.checks) };
  if ((await noteRefund(ctx.db, refund.id, status, note)) > 0) return "noted";
  const current = await getRefundRow(ctx, refund.id);
  return current.state === "CLOSED" ? await report(ctx, "REFUND_AFTER_CLOSE", current, view) : "repeated";
}

/** The money has gone back, yet the statement matched nothing: done before, or not as it was asked for. */
async function afterNoMatch(
  ctx: PaymentContext,
  refund: RefundRow,
  view: KnownRefund,
  done: RefundDone,
): Promise<RefundBooking> {
  if (refund.state === "SUCCESS") return "repeated";
  if (view.amount !== null && view.amount !== refund.amount)
    return await report(ctx, "REFUND_AMOUNT_DIFFERS", refund, view);
  if (refund.outTradeNo !== done.outTradeNo) return await report(ctx, "UNKNOWN_REFUND", refund, view);
  if (refund.state === "CLOSED") return await bookAfterClose(ctx, refund, view, done);
  if (refund.state === "REQUESTED") return await report(ctx, "REFUND_AFTER_CLOSE", refund, view);
  throw new DatabaseUnavailable("the refund still applies but did not take effect");
}

/** The books had freed this money, and it has gone back all the same. An operator hears of it first. */
async function bookAfterClose(
  ctx: PaymentContext,
  refund: RefundRow,
  view: KnownRefund,
  done: RefundDone,
): Promise<RefundBooking> {
  await report(ctx, "REFUND_AFTER_CLOSE", refund, view);
  try {
    await applyClosedRefund(ctx.db, refund.id, done);
  } catch (error) {
    if (!(error instanceof CheckRefused)) throw error;
  }
  return "anomaly";
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
    amounts: { amount: refund.amount, reported: view.amount },
    detail: { state: refund.state, status: view.status },
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
