/** What a provider says of a transfer becomes a fact in the books, once. */
import { DatabaseUnavailable } from "../../../db/run.ts";
import type { AnomalyKind, NotificationOutcome } from "../../../db/schema/records.ts";
import { moveTransfer, noteArrival, type TransferNews } from "../../../db/statements/transfer.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { TransferStatus, TransferView } from "../../providers/transfers.ts";
import { asKey, isKey, recordAnomaly } from "../anomalies.ts";
import { inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { sealAny } from "../sealed.ts";
import { transferField } from "./recipient.ts";
import { findTransfer, getTransferRow, isRevocable } from "./record.ts";
import { isUnderWay, type TransferRow } from "./view.ts";

type TransferEvent = Extract<CallbackEvent, { kind: "transfer" }>;

const STATE_OF = {
  processing: "PROCESSING",
  awaiting_user: "AWAITING_USER",
  cancelling: "CANCELLING",
  success: "SUCCESS",
  failed: "FAILED",
  cancelled: "CANCELLED",
  returned: "RETURNED",
} as const satisfies Record<TransferStatus, TransferNews["state"]>;

/**
 * Books a provider's answer about a transfer of ours. Money that has come back is put before an operator first. Returns
 * the row as it is then.
 */
export async function bookTransferView(
  ctx: PaymentContext,
  row: TransferRow,
  view: TransferView,
): Promise<TransferRow> {
  if (view.status === "returned" && row.state !== "RETURNED") await report(ctx, "TRANSFER_RETURNED", row, view);
  await book(ctx, row.provider, row.outBillNo, view);
  return await getTransferRow(ctx, row.outBillNo);
}

/**
 * Books a callback about a transfer. One round trip when it is news. A final state stays: another one, another amount or
 * an unknown number is an anomaly. Throws DatabaseUnavailable.
 */
export async function bookTransferEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  { outBillNo, transfer: view }: TransferEvent,
): Promise<NotificationOutcome> {
  const row = view.status === "failed" && isKey(outBillNo) ? await findTransfer(ctx, { outBillNo }) : undefined;
  if (row?.provider === provider) await reportFailure(ctx, row, view);
  return await book(ctx, provider, outBillNo, view);
}

/**
 * Whoever asked for a transfer was told that it is on its way, and hears of its failure from nobody else: an operator does,
 * before the failure is booked. A recipient who lets the time to confirm pass is no failure.
 */
export async function reportFailure(ctx: PaymentContext, row: TransferRow, view: TransferView): Promise<void> {
  const isOnItsWay = row.state === "CREATED" || row.state === "PROCESSING";
  if (view.status === "failed" && isOnItsWay) await report(ctx, "TRANSFER_FAILED", row, view);
}

async function book(
  ctx: PaymentContext,
  provider: ProviderName,
  outBillNo: string,
  view: TransferView,
): Promise<NotificationOutcome> {
  if (!isKey(outBillNo)) return await report(ctx, "UNKNOWN_TRANSFER", { provider, outBillNo }, view);
  const news = await newsOf(ctx, provider, outBillNo, view);
  if ((await moveTransfer(ctx.db, outBillNo, news)) > 0) {
    ctx.log.info("transfer.moved", { transfer: outBillNo, provider, state: news.state });
    return "APPLIED";
  }
  const row = await findTransfer(ctx, { outBillNo });
  if (row?.provider !== provider) return await report(ctx, "UNKNOWN_TRANSFER", { provider, outBillNo }, view);
  return await afterNoMatch(ctx, row, view, news);
}

async function newsOf(
  ctx: PaymentContext,
  provider: ProviderName,
  outBillNo: string,
  view: TransferView,
): Promise<TransferNews> {
  const { status, amount, providerBillNo, failReason, confirmation } = view;
  const field = transferField("confirmation", outBillNo);
  return {
    ...{ provider, amount, providerBillNo },
    state: STATE_OF[status],
    failureCode: failReason === null ? null : asKey(failReason, 64),
    confirmation: await sealAny(ctx, field, confirmation && JSON.stringify(confirmation)),
    finishedAt: isFinal(status) ? (view.updatedAt ?? presentOf(ctx)) : null,
    nextCheckAt: status === "success" && mayComeBack(ctx, provider) ? nextWatch(ctx) : null,
  };
}

function isFinal(status: TransferStatus): boolean {
  return status === "success" || status === "failed" || status === "cancelled" || status === "returned";
}

function mayComeBack(ctx: PaymentContext, provider: ProviderName): boolean {
  return (ctx.providers.find(provider)?.transfers?.returnDays ?? null) !== null;
}

/** When to look again at a transfer that has succeeded: an hour past the day that its recipient has to take it. */
export function nextWatch(ctx: PaymentContext): Date {
  return inSeconds(ctx, 25 * 3600);
}

/** The statement matched nothing: done before, no news any more, or not as the books have it. */
async function afterNoMatch(
  ctx: PaymentContext,
  row: TransferRow,
  view: TransferView,
  news: TransferNews,
): Promise<NotificationOutcome> {
  if (news.amount !== null && news.amount !== row.amount) {
    return await report(ctx, "TRANSFER_AMOUNT_DIFFERS", row, view);
  }
  if (row.state === news.state) return "REPEATED";
  if (isUnderWay(row)) return await stillUnderWay(ctx, row, view);
  if (row.state === "RETURNED" && view.status === "success") return "IGNORED";
  // Of a transfer that ended without the provider's word, anything that the provider says is a contradiction.
  const contradicts = isFinal(view.status) || row.providerBillNo === null;
  return contradicts ? await report(ctx, "TRANSFER_IN_DOUBT", row, view) : "IGNORED";
}

async function stillUnderWay(ctx: PaymentContext, row: TransferRow, view: TransferView): Promise<"IGNORED"> {
  if (row.state !== "CANCELLING" || isFinal(view.status)) {
    throw new DatabaseUnavailable("the news of the transfer still apply but did not take effect");
  }
  const state = isRevocable(ctx, row) ? "CANCELLING" : "PROCESSING";
  const isNew = state === "PROCESSING" || (row.providerBillNo === null && view.providerBillNo !== null);
  const providerBillNo = view.providerBillNo === null ? null : asKey(view.providerBillNo, 64);
  if (isNew) await noteArrival(ctx.db, row.outBillNo, { providerBillNo, state });
  return "IGNORED";
}

/** Puts a transfer before an operator. */
export async function report(
  ctx: PaymentContext,
  kind: Extract<AnomalyKind, `${string}TRANSFER${string}`>,
  about: Pick<TransferRow, "provider" | "outBillNo"> & Partial<Pick<TransferRow, "state" | "amount">>,
  view?: TransferView,
): Promise<"ANOMALY"> {
  const { provider, outBillNo, state = null, amount = null } = about;
  await recordAnomaly(ctx, {
    kind,
    number: outBillNo,
    provider,
    amounts: { amount, reported: view?.amount ?? null },
    detail: { outBillNo: asKey(outBillNo, 64), state, reportedState: view ? STATE_OF[view.status] : null },
  });
  return "ANOMALY";
}
