/** Asking the provider how a capture or a release stands, and sending it again when it never arrived. */
import { claimOperationSend } from "../../../db/statements/pre-authorisation-operation.ts";
import { PayError } from "../../errors.ts";
import type { OperationView } from "../../providers/pre-authorisation.ts";
import { callContext, type PaymentContext } from "../context.ts";
import { claimUntil } from "../resend.ts";
import { bookOperation, reportOperation } from "./book-operation.ts";
import { freezesOf, getOperationRow } from "./record.ts";
import { sendOperation } from "./send-operation.ts";
import { isOperating, type OperationRow, operationRef } from "./view.ts";

interface Asked {
  readonly row: OperationRow;
  readonly isMissing: boolean;
}

/**
 * Asks for an operation and books the answer. Returns the row as it is then; silence, and a provider that has no such
 * operation, change nothing.
 */
export async function askForOperation(ctx: PaymentContext, row: OperationRow): Promise<OperationRow> {
  return (await ask(ctx, row)).row;
}

/**
 * Asks, and sends an operation that never arrived again. `row` must be as it was read before its next look was put off.
 */
export async function pursueOperation(ctx: PaymentContext, row: OperationRow): Promise<OperationRow> {
  const asked = await ask(ctx, row);
  return asked.isMissing && row.state === "CREATED" ? await sendAgain(ctx, row) : asked.row;
}

async function ask(ctx: PaymentContext, row: OperationRow): Promise<Asked> {
  const answer = await freezesOf(ctx, row).queryOperation(operationRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return { row, isMissing: false };
  if (answer.value.status === "not_found") return { row, isMissing: true };
  if (answer.value.status === "failed" && isOperating(row)) await reportFailure(ctx, row, answer.value);
  await bookOperation(ctx, row, answer.value);
  return { row: await getOperationRow(ctx, row.number), isMissing: false };
}

/** A query has said that the number does not exist, so a refusal counts. */
async function sendAgain(ctx: PaymentContext, row: OperationRow): Promise<OperationRow> {
  const until = claimUntil(ctx, row);
  if (!until || (await claimOperationSend(ctx.db, row.number, row.checks, until)) === 0) return row;
  try {
    await sendOperation(ctx, row, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
  }
  const sent = await getOperationRow(ctx, row.number);
  if (sent.state === "FAILED") await reportFailure(ctx, sent);
  return sent;
}

/** Whoever asked for it was told that it is under way, and hears of its failure from nobody else: an operator does. */
function reportFailure(ctx: PaymentContext, row: OperationRow, view?: OperationView): Promise<void> {
  return reportOperation(ctx, "AUTHORISATION_OPERATION_FAILED", row, view);
}
