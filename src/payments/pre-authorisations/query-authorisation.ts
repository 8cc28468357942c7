import { finishAuthorisation } from "../../../db/statements/pre-authorisation.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { askForFreeze } from "./ask-freeze.ts";
import { askForOperation } from "./ask-operation.ts";
import { getAuthorisationRow, operationsOf } from "./record.ts";
import { type AuthorisationView, authorisationView, isOpen, isOperating, isUsedUp } from "./view.ts";

/**
 * Says how a pre-authorisation stands, with its captures and releases; whatever is in doubt, the provider is asked about,
 * and nothing is sent or cancelled by looking. Throws AUTHORISATION_NOT_FOUND.
 */
export async function queryAuthorisation(ctx: PaymentContext, outOrderNo: string): Promise<AuthorisationView> {
  const row = await getAuthorisationRow(ctx, outOrderNo);
  const operations = await operationsOf(ctx, outOrderNo);
  const doubtful = operations.filter(isOperating);
  if (isOpen(row)) return await authorisationView(ctx, await askForFreeze(ctx, row), operations);
  if (isUsedUp(row)) await finishAuthorisation(ctx.db, outOrderNo, presentOf(ctx));
  else if (doubtful.length === 0) return await authorisationView(ctx, row, operations);
  for (const operation of doubtful) await askForOperation(ctx, operation);
  return await authorisationView(ctx, await getAuthorisationRow(ctx, outOrderNo), await operationsOf(ctx, outOrderNo));
}
