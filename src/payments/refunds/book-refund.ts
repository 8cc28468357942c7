/** What a provider says of a refund becomes a fact in the books, once. */
import { and, eq } from "drizzle-orm";
import { CheckRefused, DatabaseUnavailable, read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import type { AnomalyKind } from "../../../db/schema/records.ts";
import { insertClawback } from "../../../db/statements/clawback.ts";
import { applyClosedRefund } from "../../../db/statements/closed-refund.ts";
import { noteRefund, type RefundProgress } from "../../../db/statements/refund.ts";
import { applyRefund, type RefundDone, releaseRefund } from "../../../db/statements/refund-books.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { RefundView } from "../../providers/refund.ts";
import { isKey, recordAnomaly } from "../anomalies.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { recordUnknownRefund } from "./external-refund.ts";
import { getRefundRow } from "./record.ts";
import type { RefundRow } from "./view.ts";

type KnownRefund = Exclude<RefundView, { status: "not_found" }>;
type RefundEvent = Extract<CallbackEvent, { kind: "refund" }>;

/** Why a refund has been released that its provider gave up. */
const PROVIDER_CLOSED = "PROVIDER_CLOSED";

/** `applied`: done now; `repeated`: done before; `noted`: on its way; `released`: failed; `anomaly`: needs a person. */
export type RefundBooking = "applied" | "repeated" | "noted" | "released" | "anomaly";

/** Whether the provider says how things stand, or how they stood when it sent what came late. */
export type Hearing = "asked" | "told";

/** What a provider says of a refund, and how its row is found should it be needed. */
interface Word {
  readonly provider: ProviderName;
  readonly outTradeNo: string;
  readonly refundId: string;
  readonly view: KnownRefund;
  readonly hearing: Hearing;
  /** The row, where it has been read. */
  readonly refund?: RefundRow;
  readonly find: () => Promise<RefundRow | undefined>;
  /** Records a refund that nobody here knows. */
  readonly reportUnknown: () => Promise<"anomaly" | "repeated">;
}

/** Books a provider's answer about a refund of ours. Returns the row as it is then. */
export async function bookRefundView(
  ctx: PaymentContext,
  refund: RefundRow,
  view: KnownRefund,
  hearing: Hearing,
): Promise<RefundRow> {
  await bookOwnRefund(ctx, refund, view, hearing);
  return await getRefundRow(ctx, refund.id);
}

/** The same; says what it came to. */
export async function bookOwnRefund(
  ctx: PaymentContext,
  refund: RefundRow,
  view: KnownRefund,
  hearing: Hearing,
): Promise<RefundBooking> {
  const { provider, outTradeNo, id: refundId } = refund;
  const find = () => getRefundRow(ctx, refundId);
  const reportUnknown = () => Promise.reject(new Error("a refund of ours is missing from the books"));
  return await book(ctx, { provider, outTradeNo, refundId, view, hearing, refund, find, reportUnknown });
}

/** Books a refund callback. One round trip when it completes a refund of ours. Throws when it has to come again. */
export async function bookRefundEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<RefundBooking> {
  const { outTradeNo, outRefundNo: refundId, refund: view } = event;
  const reportUnknown = () => recordUnknownRefund(ctx, provider, event);
  if (!isKey(outTradeNo) || !isKey(refundId)) return await reportUnknown();
  const find = () => findRefund(ctx, provider, refundId);
  return await book(ctx, { provider, outTradeNo, refundId, view, hearing: "told", find, reportUnknown });
}

/** Our own refunds carry their number as their id, so that a callback needs no look-up. */
async function book(ctx: PaymentContext, word: Word): Promise<RefundBooking> {
  const { provider, outTradeNo, refundId, view } = word;
  if (view.status !== "success") {
    const refund = word.refund ?? (await word.find());
    return refund ? await bookUnfinished(ctx, refund, view, word.hearing) : await word.reportUnknown();
  }
  const succeededAt = view.succeededAt ?? presentOf(ctx);
  const done = { provider, outTradeNo, providerRefundNo: view.providerRefundNo, amount: view.amount, succeededAt };
  if ((await applyRefund(ctx.db, refundId, done, presentOf(ctx))) > 0) {
    ctx.log.info("refund.applied", { refund: refundId, provider });
    return "applied";
  }
  const refund = await word.find();
  return refund ? await afterNoMatch(ctx, refund, view, done) : await word.reportUnknown();
}

async function bookUnfinished(
  ctx: PaymentContext,
  refund: RefundRow,
  view: KnownRefund,
  hearing: Hearing,
): Promise<RefundBooking> {
  if (view.status === "closed") return await bookFailure(ctx, refund, view);
  const progress = progressOf(view, hearing);
  if (progress === "abnormal" && !hasEnded(refund)) await report(ctx, "REFUND_ABNORMAL", refund, view);
  const note = { providerRefundNo: view.providerRefundNo, nextCheckAt: nextCheck(ctx, refund.checks) };
  if ((await noteRefund(ctx.db, refund.id, progress, note)) > 0) return "noted";
  const current = await getRefundRow(ctx, refund.id);
  // What is told late of a refund that its provider has closed since is no news.
  const isOld = hearing === "told" && current.failureCode === PROVIDER_CLOSED;
  return current.state === "CLOSED" && !isOld ? await report(ctx, "REFUND_AFTER_CLOSE", current, view) : "repeated";
}

/** An operator hears of it first: whoever is told again finds the refund released. */
async function bookFailure(ctx: PaymentContext, refund: RefundRow, view: KnownRefund): Promise<RefundBooking> {
  if (hasEnded(refund)) return "repeated";
  await report(ctx, "REFUND_FAILED", refund, view);
  return (await releaseRefund(ctx.db, refund.id, PROVIDER_CLOSED, presentOf(ctx))) > 0 ? "released" : "repeated";
}

function hasEnded({ state }: RefundRow): boolean {
  return state === "SUCCESS" || state === "CLOSED";
}

function progressOf(view: KnownRefund, hearing: Hearing): RefundProgress {
  if (view.status === "abnormal") return "abnormal";
  return hearing === "asked" ? "resumed" : "processing";
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
    await insertClawback(ctx.db, refund.id, "CLOSED", presentOf(ctx));
    await applyClosedRefund(ctx.db, refund.id, done, presentOf(ctx));
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

/** A refund by the number that its provider knows it by. */
export async function findRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  outRefundNo: string,
): Promise<RefundRow | undefined> {
  const [refund] = await read(() =>
    ctx.db
      .select()
      .from(refundRecords)
      .where(and(eq(refundRecords.provider, provider), eq(refundRecords.outRefundNo, outRefundNo))),
  );
  return refund;
}
