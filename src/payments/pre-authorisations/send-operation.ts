import { failOperation } from "../../../db/statements/pre-authorisation-books.ts";
import { PayError } from "../../errors.ts";
import { callContext, type PaymentContext } from "../context.ts";
import { bookOperation, failureOf } from "./book-operation.ts";
import { freezesOf } from "./record.ts";
import { type OperationRow, operationRef, recordedOperation } from "./view.ts";

/**
 * Asks the provider for a reserved capture or release, the first time or again under the same number and text. What is not
 * known afterwards stays as it is, and a job asks. Throws PROVIDER_REFUSED after a definite no from a provider that has no
 * such operation either; its money is free again then.
 */
export async function sendOperation(
  ctx: PaymentContext,
  row: OperationRow,
  mode: { readonly firstSend: boolean },
): Promise<void> {
  const outcome = await freezesOf(ctx, row).operate(
    await recordedOperation(ctx, row),
    callContext(ctx, mode.firstSend),
  );
  switch (outcome.kind) {
    case "ok":
      return await bookOperation(ctx, row, outcome.value);
    case "refused":
      return await afterRefusal(ctx, row, outcome.code);
    case "later":
    case "unknown":
      ctx.log.warn("authorisation.unanswered", { operation: row.number, outcome: outcome.kind });
  }
}

/** Whoever hears of a refusal asks under another number, so the provider must first say that it lacks this one. */
async function afterRefusal(ctx: PaymentContext, row: OperationRow, code: string): Promise<void> {
  ctx.log.warn("authorisation.refused", { operation: row.number, code });
  const answer = await freezesOf(ctx, row).queryOperation(operationRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return;
  if (answer.value.status !== "not_found") return await bookOperation(ctx, row, answer.value);
  await failOperation(ctx.db, row.number, failureOf(ctx, code));
  throw new PayError("PROVIDER_REFUSED", { providerCode: code, transactionId: row.number });
}
