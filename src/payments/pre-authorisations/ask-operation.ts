/** Asking the provider how a capture or a release stands, and sending it again when it never arrived. */
import { postponeOperation } from "../../../db/statements/pre-authorisation-operation.ts";
import { PayError } from "../../errors.ts";
import { callContext, nextCheck, type PaymentContext } from "../context.ts";
import { bookOperation } from "./book-operation.ts";
import { freezesOf, getOperationRow } from "./record.ts";
import { sendOperation } from "./send-operation.ts";
import { type OperationRow, operationRef } from "./view.ts";

/** A send may still be under way this long after the operation was recorded; until then nobody sends it again. */
const SEND_SECONDS = 60;

/** Asks for an operation under way and books the answer. Returns the row as it is then; silence changes nothing. */
export async function askForOperation(ctx: PaymentContext, row: OperationRow): Promise<OperationRow> {
  const answer = await freezesOf(ctx, row).queryOperation(operationRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return row;
  if (answer.value.status === "not_found") await sendAgain(ctx, row);
  else await bookOperation(ctx, row, answer.value);
  return await getOperationRow(ctx, row.number);
}

/**
 * Only who moves the time of the next look sends, so that two who asked at once send once. A query has said that the
 * number does not exist, so a refusal counts.
 */
async function sendAgain(ctx: PaymentContext, row: OperationRow): Promise<void> {
  if (row.state !== "CREATED" || ctx.now() - row.createdAt.getTime() < SEND_SECONDS * 1000) return;
  if ((await postponeOperation(ctx.db, row.number, row.checks, nextCheck(ctx, row.checks))) === 0) return;
  try {
    await sendOperation(ctx, row, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
  }
}
