import { failTransfer } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { secondLook } from "../resend.ts";
import { bookTransferView } from "./book-transfer.ts";
import { transfersOf } from "./record.ts";
import { recordedTransfer, type TransferRow, transferRef } from "./view.ts";

/**
 * Asks the provider for a recorded transfer, the first time or again under the same number and text. What is not known
 * afterwards stays as it is, and a job asks. Returns the row as it is then. Throws PROVIDER_REFUSED after a definite no
 * from a provider that has no such transfer either, which ends it.
 */
export async function sendTransfer(
  ctx: PaymentContext,
  row: TransferRow,
  mode: { readonly firstSend: boolean },
): Promise<TransferRow> {
  const outcome = await transfersOf(ctx, row).create(
    await recordedTransfer(ctx, row),
    callContext(ctx, mode.firstSend),
  );
  switch (outcome.kind) {
    case "ok":
      return await bookTransferView(ctx, row, outcome.value);
    case "refused":
      return await afterRefusal(ctx, row, outcome.code);
    case "later":
    case "unknown":
      ctx.log.warn("transfer.unanswered", { transfer: row.outBillNo, outcome: outcome.kind });
      return row;
  }
}

/** Whoever hears of a refusal pays under another number, so the provider must first say that it does not have this one. */
async function afterRefusal(ctx: PaymentContext, row: TransferRow, code: string): Promise<TransferRow> {
  ctx.log.warn("transfer.refused", { transfer: row.outBillNo, code });
  const answer = await transfersOf(ctx, row).query(transferRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return row;
  if (answer.value.status !== "not_found") return await bookTransferView(ctx, row, answer.value);
  const end = { failureCode: code, now: presentOf(ctx), nextCheckAt: secondLook(ctx) };
  await failTransfer(ctx.db, row.outBillNo, end);
  throw new PayError("PROVIDER_REFUSED", { providerCode: code, transactionId: row.outBillNo });
}
