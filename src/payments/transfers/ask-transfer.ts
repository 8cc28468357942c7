/** Asking the provider how a transfer stands, and doing what is left to do. */
import { claimSend, dropTransfer } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import type { TransferStatus } from "../../providers/transfers.ts";
import { callContext, inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { bookTransferView } from "./book-transfer.ts";
import { getTransferRow, transfersOf } from "./record.ts";
import { sendTransfer } from "./send-transfer.ts";
import { type TransferRow, transferRef } from "./view.ts";

/** A send may still be under way this long after it began; until then nobody sends again. */
const SEND_SECONDS = 60;

/** Providers forget transfers after some weeks, and then "no such transfer" says nothing. A person decides long before. */
const BELIEF_SECONDS = 24 * 3600;

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
  if (row.providerBillNo !== null || secondsSince(ctx, row.createdAt) > BELIEF_SECONDS) return row;
  if (row.state === "CREATED") return await sendAgain(ctx, row);
  if (row.state !== "CANCELLING" || row.checks < LOOKS_BEFORE_DROPPING) return row;
  await dropTransfer(ctx.db, row.outBillNo, presentOf(ctx));
  return await getTransferRow(ctx, row.outBillNo);
}

/**
 * Only who moves the time of the next look sends, and nobody else before that time, so that no two sends are under way
 * at once: the refusal of one must not hide that the other was accepted. A query has said that the number does not
 * exist, so a refusal counts.
 */
async function sendAgain(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const isDue = row.nextCheckAt !== null && row.nextCheckAt <= presentOf(ctx);
  if (!isDue || secondsSince(ctx, row.createdAt) < SEND_SECONDS) return row;
  const nextLook = new Date(Math.max(nextCheck(ctx, row.checks).getTime(), inSeconds(ctx, SEND_SECONDS).getTime()));
  if ((await claimSend(ctx.db, row.outBillNo, row.checks, nextLook)) === 0) return row;
  try {
    return await sendTransfer(ctx, { ...row, checks: row.checks + 1 }, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    return await getTransferRow(ctx, row.outBillNo);
  }
}

function secondsSince(ctx: PaymentContext, moment: Date): number {
  return (ctx.now() - moment.getTime()) / 1000;
}

/** Asks the provider to take a transfer back. Returns the row as it is then; anything but a yes changes nothing. */
async function cancelAtProvider(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const answer = await transfersOf(ctx, row).cancel?.(transferRef(row), callContext(ctx, false));
  return answer?.kind === "ok" ? await bookTransferView(ctx, row, answer.value) : row;
}
