/** Asking the provider how a transfer stands, and doing what is left to do. */
import { dropTransfer, postponeTransfer } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { bookTransferView } from "./book-transfer.ts";
import { getTransferRow, transfersOf } from "./record.ts";
import { sendTransfer } from "./send-transfer.ts";
import { type TransferRow, transferRef } from "./view.ts";

/** A send may still be under way this long after the transfer was recorded; until then nobody sends it again. */
const SEND_SECONDS = 60;

/** The third look after a transfer was taken back comes a minute later: no send of it is under way any more. */
const LOOKS_BEFORE_DROPPING = 3;

/**
 * Asks the provider for a transfer under way and books the answer. One that never arrived is sent again, or dropped when
 * it is to be taken back; one that arrived is cancelled when it is to be. Returns the row as it is then; silence changes
 * nothing.
 */
export async function askForTransfer(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  const answer = await transfersOf(ctx, row).query(transferRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return row;
  if (answer.value.status === "not_found") return await afterNotFound(ctx, row);
  const current = await bookTransferView(ctx, row, answer.value);
  if (current.state === "CANCELLING" && answer.value.status !== "cancelling")
    return await cancelAtProvider(ctx, current);
  return lacksConfirmation(current) ? await sendTransfer(ctx, current, { firstSend: false }) : current;
}

/** What the recipient's client needs comes only with the answer to the request itself; if that was lost, the same again. */
function lacksConfirmation(row: TransferRow): boolean {
  return row.state === "AWAITING_USER" && row.confirmation === null;
}

/** A provider that has once confirmed a transfer forgets it after a while; that says nothing about the money. */
async function afterNotFound(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  if (row.providerBillNo !== null) return row;
  if (row.state === "CREATED") return await sendAgain(ctx, row);
  if (row.state !== "CANCELLING" || row.checks < LOOKS_BEFORE_DROPPING) return row;
  await dropTransfer(ctx.db, row.outBillNo, presentOf(ctx));
  return await getTransferRow(ctx, row.outBillNo);
}

/**
 * Only who moves the time of the next look sends, so that two who asked at once send once. A query has said that the
 * number does not exist, so a refusal counts.
 */
async function sendAgain(ctx: PaymentContext, row: TransferRow): Promise<TransferRow> {
  if (ctx.now() - row.createdAt.getTime() < SEND_SECONDS * 1000) return row;
  if ((await postponeTransfer(ctx.db, row.outBillNo, row.checks, nextCheck(ctx, row.checks))) === 0) return row;
  try {
    return await sendTransfer(ctx, { ...row, checks: row.checks + 1 }, { firstSend: true });
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
