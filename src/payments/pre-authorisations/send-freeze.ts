import { endFreeze, openFreeze } from "../../../db/statements/pre-authorisation.ts";
import { PayError } from "../../errors.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { seal } from "../sealed.ts";
import { bookFreezeView } from "./book-freeze.ts";
import { freezesOf, getAuthorisationRow } from "./record.ts";
import { type AuthorisationRow, freezeField, freezeRef, recordedFreeze } from "./view.ts";

/**
 * Asks the provider for a recorded freeze, the first time or again under the same number and text. What is not known
 * afterwards stays as it is, and a job asks. Returns the row as it is then. Throws PROVIDER_REFUSED after a definite no
 * from a provider that has no such freeze either, which ends it.
 */
export async function sendFreeze(
  ctx: PaymentContext,
  row: AuthorisationRow,
  mode: { readonly firstSend: boolean },
): Promise<AuthorisationRow> {
  const outcome = await freezesOf(ctx, row).freeze(await recordedFreeze(ctx, row), callContext(ctx, mode.firstSend));
  switch (outcome.kind) {
    case "ok": {
      const { credential, view } = outcome.value;
      const sealed = await seal(ctx, freezeField("credential", row), JSON.stringify(credential));
      await openFreeze(ctx.db, row.outOrderNo, sealed);
      return await bookFreezeView(ctx, row, view);
    }
    case "refused":
      return await afterRefusal(ctx, row, outcome.code);
    case "later":
    case "unknown":
      ctx.log.warn("authorisation.unanswered", { authorisation: row.outOrderNo, outcome: outcome.kind });
      return row;
  }
}

/** Whoever hears of a refusal freezes under another number, so the provider must first say that it lacks this one. */
async function afterRefusal(ctx: PaymentContext, row: AuthorisationRow, code: string): Promise<AuthorisationRow> {
  ctx.log.warn("authorisation.refused", { authorisation: row.outOrderNo, code });
  const answer = await freezesOf(ctx, row).queryFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return row;
  if (answer.value.status !== "not_found" && answer.value.status !== "closed") {
    return await bookFreezeView(ctx, row, answer.value);
  }
  await endFreeze(ctx.db, row.outOrderNo, { now: presentOf(ctx), failureCode: code });
  const current = await getAuthorisationRow(ctx, row.outOrderNo);
  if (current.state !== "FAILED") return current;
  throw new PayError("PROVIDER_REFUSED", { providerCode: code, transactionId: row.outOrderNo });
}
