/** What a provider says of a capture or a release becomes a fact in the books, once. */
import { finishAuthorisation } from "../../../db/statements/pre-authorisation.ts";
import { applyOperation, failOperation, noteOperation } from "../../../db/statements/pre-authorisation-operation.ts";
import type { OperationView } from "../../providers/pre-authorisation.ts";
import { recordAnomaly } from "../anomalies.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { getOperationRow } from "./record.ts";
import { isOperating, type OperationRow } from "./view.ts";

/** What the books call an operation that its provider has ended without a code. */
const ENDED_BY_PROVIDER = "CLOSED_BY_PROVIDER";

/** Books a provider's answer about an operation of ours. What contradicts the books is put before an operator. */
export async function bookOperation(ctx: PaymentContext, row: OperationRow, view: OperationView): Promise<void> {
  switch (view.status) {
    case "processing":
      await noteOperation(ctx.db, row.number, view.providerNo);
      return;
    case "success":
      return await bookSuccess(ctx, row, view);
    case "failed":
      await failOperation(ctx.db, row.number, ENDED_BY_PROVIDER, presentOf(ctx));
  }
}

async function bookSuccess(ctx: PaymentContext, row: OperationRow, view: OperationView): Promise<void> {
  const now = presentOf(ctx);
  const { providerNo, amount } = view;
  const done = { providerNo, amount, finishedAt: view.finishedAt ?? now };
  if ((await applyOperation(ctx.db, row.number, done)) > 0) {
    ctx.log.info("authorisation.applied", { authorisation: row.outOrderNo, operation: row.number, kind: row.kind });
  } else {
    const current = await getOperationRow(ctx, row.number);
    if (isOperating(current) || current.state === "FAILED") await reportOperation(ctx, current, view);
  }
  await finishAuthorisation(ctx.db, row.outOrderNo, now);
}

/** Puts a capture or a release before an operator. */
export async function reportOperation(ctx: PaymentContext, row: OperationRow, view?: OperationView): Promise<void> {
  const { number, outOrderNo, provider, kind, state } = row;
  await recordAnomaly(ctx, {
    kind: "AUTHORISATION_OPERATION_IN_DOUBT",
    number,
    provider,
    amounts: { amount: kind === "CAPTURE" ? row.captures : row.releases, reported: view?.amount ?? null },
    detail: { number, outOrderNo, operation: kind, state, reportedState: view?.status ?? null },
  });
}
