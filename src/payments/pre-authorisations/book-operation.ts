/** What a provider says of a capture or a release becomes a fact in the books, once. */
import { CheckRefused } from "../../../db/run.ts";
import type { AnomalyKind } from "../../../db/schema/records.ts";
import { finishAuthorisation } from "../../../db/statements/pre-authorisation.ts";
import {
  applyFailedOperation,
  applyOperation,
  failOperation,
  type OperationDone,
  type OperationFailure,
} from "../../../db/statements/pre-authorisation-books.ts";
import { noteOperation } from "../../../db/statements/pre-authorisation-operation.ts";
import type { OperationView } from "../../providers/pre-authorisation.ts";
import { recordAnomaly } from "../anomalies.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { secondLook } from "../resend.ts";
import { getOperationRow } from "./record.ts";
import type { OperationRow } from "./view.ts";

/** What the books call an operation that its provider has ended without a code. */
const ENDED_BY_PROVIDER = "CLOSED_BY_PROVIDER";

/** Books a provider's answer about an operation of ours. What contradicts the books is put before an operator. */
export async function bookOperation(ctx: PaymentContext, row: OperationRow, view: OperationView): Promise<void> {
  switch (view.status) {
    case "processing":
      if (row.state === "FAILED") return await reportOperation(ctx, "AUTHORISATION_OPERATION_IN_DOUBT", row, view);
      await noteOperation(ctx.db, row.number, view.providerNo);
      return;
    case "success":
      return await bookSuccess(ctx, row, view);
    case "failed":
      await failOperation(ctx.db, row.number, failureOf(ctx, ENDED_BY_PROVIDER));
  }
}

async function bookSuccess(ctx: PaymentContext, row: OperationRow, view: OperationView): Promise<void> {
  const now = presentOf(ctx);
  const { providerNo, amount } = view;
  const done = { providerNo, amount, finishedAt: view.finishedAt ?? now };
  if ((await applyOperation(ctx.db, row.number, done)) > 0) {
    ctx.log.info("authorisation.applied", { authorisation: row.outOrderNo, operation: row.number, kind: row.kind });
  } else {
    await bookContradiction(ctx, await getOperationRow(ctx, row.number), view, done);
  }
  await finishAuthorisation(ctx.db, row.outOrderNo, now);
}

/** It has been done, yet the statement matched nothing: booked before, or not as the books have it. */
async function bookContradiction(
  ctx: PaymentContext,
  row: OperationRow,
  view: OperationView,
  done: OperationDone,
): Promise<void> {
  if (row.state === "SUCCESS") return;
  await reportOperation(ctx, "AUTHORISATION_OPERATION_IN_DOUBT", row, view);
  if (row.state !== "FAILED") return;
  try {
    await applyFailedOperation(ctx.db, row.number, done);
  } catch (error) {
    // Its part has been taken by others since.
    if (!(error instanceof CheckRefused)) throw error;
  }
}

/**
 * How an operation ends that its provider has not done. It is looked at once more after a while, for a request that was
 * given up may still arrive, and no notice tells of it.
 */
export function failureOf(ctx: PaymentContext, failureCode: string): OperationFailure {
  return { failureCode, now: presentOf(ctx), nextCheckAt: secondLook(ctx) };
}

/** Puts a capture or a release before an operator. */
export async function reportOperation(
  ctx: PaymentContext,
  kind: Extract<AnomalyKind, `AUTHORISATION_OPERATION_${string}`>,
  row: OperationRow,
  view?: OperationView,
): Promise<void> {
  const { number, outOrderNo, provider, kind: operation, state, failureCode } = row;
  await recordAnomaly(ctx, {
    kind,
    number,
    provider,
    amounts: { amount: operation === "CAPTURE" ? row.captures : row.releases, reported: view?.amount ?? null },
    detail: { number, outOrderNo, operation, state, failureCode, reportedState: view?.status ?? null },
  });
}
