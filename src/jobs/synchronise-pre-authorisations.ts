import { read } from "../../db/run.ts";
import { dueFreezes, postponeFreeze } from "../../db/statements/pre-authorisation.ts";
import {
  dueOperations,
  endOperationWatch,
  postponeOperation,
} from "../../db/statements/pre-authorisation-operation.ts";
import { nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueFreeze } from "../payments/pre-authorisations/ask-freeze.ts";
import { pursueOperation } from "../payments/pre-authorisations/ask-operation.ts";
import { nextWatch, report } from "../payments/pre-authorisations/book-freeze.ts";
import { reportOperation } from "../payments/pre-authorisations/book-operation.ts";
import { getAuthorisationRow, getOperationRow } from "../payments/pre-authorisations/record.ts";
import { type AuthorisationRow, isOpen, isOperating, type OperationRow } from "../payments/pre-authorisations/view.ts";
import { eachApart } from "./each.ts";
import { hoursSince } from "./ending.ts";

/** So long past its deadline a freeze, and so long after its beginning an operation, is an operator's to look at. */
const FREEZE_DOUBT_HOURS = 1;
const OPERATION_DOUBT_HOURS = 6;

/** For so long an operation that came to nothing is asked about, should its request have been late. */
const WATCH_HOURS = 24;

/**
 * Freezes in doubt: asked, sent again when they never arrived, cancelled when they are to be or their time is over. Frozen
 * money: asked once a day whether it still is.
 */
export async function synchroniseFreezes(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueFreezes(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "authorisation", due, (row) => synchroniseFreeze(ctx, row));
}

/** Captures and releases under way: asked, sent again when they never arrived. Those that failed: asked for a day. */
export async function synchroniseOperations(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueOperations(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "authorisation_operation", due, (row) => synchroniseOperation(ctx, row));
}

/** The next look is put off before this one is taken: one row's trouble must not keep others from their turn. */
async function synchroniseFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<void> {
  const next = isOpen(row) ? nextCheck(ctx, row.checks) : nextWatch(ctx);
  if ((await postponeFreeze(ctx.db, row.outOrderNo, row.checks, next)) === 0) return;
  const asked = await pursueFreeze(ctx, { ...row, checks: row.checks + 1 }).catch(async (error) => {
    // What fails at every look comes before an operator too.
    await reportFreezeDoubt(ctx, await getAuthorisationRow(ctx, row.outOrderNo));
    throw error;
  });
  await reportFreezeDoubt(ctx, asked);
}

async function reportFreezeDoubt(ctx: PaymentContext, asked: AuthorisationRow): Promise<void> {
  if (!isOpen(asked) || hoursSince(ctx, asked.expiresAt) < FREEZE_DOUBT_HOURS) return;
  await report(ctx, "AUTHORISATION_IN_DOUBT", asked);
}

async function synchroniseOperation(ctx: PaymentContext, row: OperationRow): Promise<void> {
  const next = isOperating(row) ? nextCheck(ctx, row.checks) : nextWatch(ctx);
  if ((await postponeOperation(ctx.db, row.number, row.checks, next)) === 0) return;
  const asked = await pursueOperation(ctx, { ...row, checks: row.checks + 1 }).catch(async (error) => {
    await reportOperationDoubt(ctx, await getOperationRow(ctx, row.number));
    throw error;
  });
  if (!isOperating(row)) return await endWatch(ctx, asked);
  await reportOperationDoubt(ctx, asked);
}

async function reportOperationDoubt(ctx: PaymentContext, asked: OperationRow): Promise<void> {
  if (!isOperating(asked) || hoursSince(ctx, asked.createdAt) < OPERATION_DOUBT_HOURS) return;
  await reportOperation(ctx, "AUTHORISATION_OPERATION_IN_DOUBT", asked);
}

async function endWatch(ctx: PaymentContext, row: OperationRow): Promise<void> {
  if (row.state !== "FAILED" || hoursSince(ctx, row.finishedAt ?? row.createdAt) < WATCH_HOURS) return;
  await endOperationWatch(ctx.db, row.number);
}
