import { postponeRefund } from "../../../db/statements/refund.ts";
import { nextCheck, type PaymentContext } from "../context.ts";
import { isInDoubt, isReleased, reportRefundDoubt } from "./doubt.ts";
import { askForRefund } from "./query-refund.ts";
import { getRefundRow } from "./record.ts";
import { nextWatch, watchReleased } from "./release-refund.ts";
import type { RefundRow } from "./view.ts";

/**
 * Takes a refund that is due one step further: sends it when its turn has come, asks how it stands, and puts it before an
 * operator when it is in doubt. The next look is put off before this one is taken: one row's trouble must not keep others
 * from their turn. Throws what fails, once it is before an operator.
 */
export async function pursueRefund(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  const next = isReleased(refund) ? nextWatch(ctx) : nextCheck(ctx, refund.checks);
  if ((await postponeRefund(ctx.db, refund.id, refund.checks, next)) === 0) return;
  const current = { ...refund, checks: refund.checks + 1 };
  if (isReleased(refund)) return await watchReleased(ctx, current);
  await reportRefundDoubt(ctx, await askOrReport(ctx, current));
}

/** What fails at every look, such as a text that no key opens any more, comes before an operator too. */
async function askOrReport(ctx: PaymentContext, refund: RefundRow): Promise<RefundRow> {
  try {
    return await askForRefund(ctx, refund);
  } catch (error) {
    // Others may have found out meanwhile what became of it.
    if (isInDoubt(ctx, refund)) await reportRefundDoubt(ctx, await getRefundRow(ctx, refund.id));
    throw error;
  }
}
