import { beginCancellingFreeze } from "../../../db/statements/pre-authorisation.ts";
import { PayError } from "../../errors.ts";
import { type Actor, nextCheck, type PaymentContext } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { pursueFreeze } from "./ask-freeze.ts";
import { getAuthorisationRow, operationsOf } from "./record.ts";
import { type AuthorisationRow, type AuthorisationView, authorisationView } from "./view.ts";

/**
 * Gives up a freeze that the buyer has not confirmed. It is CANCELLING in the books before the provider hears of it, and
 * stays so until the provider says that nothing is frozen: a job goes on. Repeatable. Throws AUTHORISATION_NOT_FOUND, and
 * AUTHORISATION_FROZEN when the money is frozen already.
 */
export async function cancelAuthorisation(
  ctx: PaymentContext,
  actor: Actor,
  outOrderNo: string,
): Promise<AuthorisationView> {
  const { state } = await getAuthorisationRow(ctx, outOrderNo);
  if (state === "CREATED" || state === "PENDING") {
    const change = { before: { state }, after: { state: "CANCELLED" } };
    await recordIfOperator(ctx, actor, { action: "preAuthorisations.cancel", subject: outOrderNo, ...change });
  }
  if ((await beginCancellingFreeze(ctx.db, outOrderNo, nextCheck(ctx, 0))) > 0) {
    ctx.log.info("authorisation.cancelling", { authorisation: outOrderNo, by: actor.id });
  }
  const current = await getAuthorisationRow(ctx, outOrderNo);
  const asked = current.state === "CANCELLING" ? await pursueFreeze(ctx, current) : current;
  assertNotFrozen(asked);
  return await authorisationView(ctx, asked, await operationsOf(ctx, outOrderNo));
}

function assertNotFrozen({ state }: AuthorisationRow): void {
  if (state === "FROZEN" || state === "FINISHED") throw new PayError("AUTHORISATION_FROZEN");
}
