/** Asking the provider how a transfer stands, and doing what is left to do. */
import { claimSend, dropTransfer } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import type { TransferStatus } from "../../providers/transfers.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { claimUntil, secondLook } from "../resend.ts";
import { bookTransferView, report, reportFailure } from "./book-transfer.ts";
import { getTransferRow, transfersOf } from "./record.ts";
import { sendTransfer } from "./send-transfer.ts";
import { type TransferRow, transferRef } from "./view.ts";

/**
 * Providers forget transfers after some weeks, and then "no such transfer" says nothing. After so many days nobody sends one
 * again, or drops one that was taken back.
 */
const BELIEF_DAYS = { SEND: 1, DROP: 7 } as const;

/** The third look after a transfer was taken back comes a minute later: no send of it is under way any more. */
const LOOKS_BEFORE_DROPPING = 3;

/**
 * Asks the provider for a transfer under way and books the answer. Returns the row as it is then; silence, and a provider
 * that has no such transfer, change nothing.
 */
export async function askForTransfer(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  return (await ask(ctx, row)).row;
}

/**
 * Asks, and does what is left to do: a transfer that never arrived is sent again, or dropped when it is to be taken back;
 * one that arrived is cancelled when it is to be. `row` must be as it was read before its next look was put off.
 */
export async function pursueTransfer(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const asked = await ask(ctx, row);
  if (asked.answer === "not_found") return await afterNotFound(ctx, row);
  const cancelled = asked.answer === "cancelling" || asked.answer === "silent";
  return asked.row.state === "CANCELLING" && !cancelled ? await cancelAtProvider(ctx, asked.row) : asked.row;
}

interface Asked {
  readonly row: TransferRow;
  readonly answer: "not_found" | "silent" | TransferStatus;
}

async function ask(ctx: PaymentContext, row: TransferRow): Promise<Asked> {
  const answer = await transfersOf(ctx, row).query(transferRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return { row, answer: "silent" };
  if (answer.value.status === "not_found") return { row, answer: "not_found" };
  await reportFailure(ctx, row, answer.value);
  const current = await bookTransferView(ctx, row, answer.value);
  const complete = lacksConfirmation(current) ? await sendTransfer(ctx, current, { firstSend: false }) : current;
  return { row: complete, answer: answer.value.status };
}

/** What the recipient's client needs comes only with the answer to the request itself; if that was lost, the same again. */
function lacksConfirmation(row: TransferRow): boolean {
  return row.state === "AWAITING_USER" && row.confirmation === null;
}

/** A provider that has once confirmed a transfer forgets it after a while; that says nothing about the money. */
async function afterNotFound(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  if (row.providerBillNo !== null) return row;
  const days = (ctx.now() - row.createdAt.getTime()) / 86_400_000;
  if (row.state === "CREATED" && days < BELIEF_DAYS.SEND) return await sendAgain(ctx, row);
  const isMissing = row.checks >= LOOKS_BEFORE_DROPPING && days < BELIEF_DAYS.DROP;
  if (row.state !== "CANCELLING" || !isMissing) return row;
  await dropTransfer(ctx.db, row.outBillNo, { now: presentOf(ctx), nextCheckAt: secondLook(ctx) });
  return await getTransferRow(ctx, row.outBillNo);
}

/**
 * A query has said that the number does not exist, so a refusal counts. Whoever asked for the transfer was told that it is
 * on its way, so an operator hears of it.
 */
async function sendAgain(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const until = claimUntil(ctx, row);
  if (!until || (await claimSend(ctx.db, row.outBillNo, row.checks, until)) === 0) return row;
  const sent = await sendOnceMore(ctx, { ...row, checks: row.checks + 1 });
  if (sent.state === "FAILED") await report(ctx, "TRANSFER_FAILED", sent);
  return sent;
}

async function sendOnceMore(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  try {
    return await sendTransfer(ctx, row, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    return await getTransferRow(ctx, row.outBillNo);
  }
}

/** Asks the provider to take a transfer back. Returns the row as it is then; anything but a yes changes nothing. */
async function cancelAtProvider(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const answer = await transfersOf(ctx, row).cancel?.(transferRef(row), callContext(ctx, false));
  return answer?.kind === "ok" ? await bookTransferView(ctx, row, answer.value) : row;
}
