import { read } from "../../db/run.ts";
import { dueFreezes, postponeFreeze } from "../../db/statements/pre-authorisation.ts";
import { dueOperations, postponeOperation } from "../../db/statements/pre-authorisation-operation.ts";
import { nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { askForFreeze } from "../payments/pre-authorisations/ask-freeze.ts";
import { askForOperation } from "../payments/pre-authorisations/ask-operation.ts";
import { report } from "../payments/pre-authorisations/book-freeze.ts";
import { reportOperation } from "../payments/pre-authorisations/book-operation.ts";
import { type AuthorisationRow, isOpen, isOperating, type OperationRow } from "../payments/pre-authorisations/view.ts";
import { eachApart } from "./each.ts";
import { hoursSince } from "./ending.ts";

/** So long past its deadline a freeze, and so long after its beginning an operation, is an operator's to look at. */
const FREEZE_DOUBT_HOURS = 1;
const OPERATION_DOUBT_HOURS = 6;

/** Freezes in doubt: asked, sent again when they never arrived, cancelled when they are to be or their time is over. */
export async function synchroniseFreezes(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueFreezes(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "authorisation", due, (row) => synchroniseFreeze(ctx, row));
}

/** Captures and releases under way: asked, sent again when they never arrived. */
export async function synchroniseOperations(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueOperations(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "authorisation_operation", due, (row) => synchroniseOperation(ctx, row));
}

/** The next look is put off before this one is taken: one row's trouble must not keep others from their turn. */
async function synchroniseFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<void> {
  if ((await postponeFreeze(ctx.db, row.outOrderNo, row.checks, nextCheck(ctx, row.checks))) === 0) return;
  const asked = await askForFreeze(ctx, { ...row, checks: row.checks + 1 });
  if (!isOpen(asked) || hoursSince(ctx, asked.expiresAt) < FREEZE_DOUBT_HOURS) return;
  await report(ctx, "AUTHORISATION_IN_DOUBT", asked);
}

async function synchroniseOperation(ctx: PaymentContext, row: OperationRow): Promise<void> {
  if ((await postponeOperation(ctx.db, row.number, row.checks, nextCheck(ctx, row.checks))) === 0) return;
  const asked = await askForOperation(ctx, { ...row, checks: row.checks + 1 });
  if (!isOperating(asked) || hoursSince(ctx, asked.createdAt) < OPERATION_DOUBT_HOURS) return;
  await reportOperation(ctx, asked);
}
