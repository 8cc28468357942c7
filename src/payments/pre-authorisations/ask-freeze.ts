/** Asking the provider how a freeze stands, and doing what is left to do. */
import { beginCancellingFreeze, claimFreezeSend, endFreeze } from "../../../db/statements/pre-authorisation.ts";
import { PayError } from "../../errors.ts";
import type { FreezeView } from "../../providers/pre-authorisation.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { claimUntil } from "../resend.ts";
import { bookFreezeView } from "./book-freeze.ts";
import { freezesOf, getAuthorisationRow } from "./record.ts";
import { sendFreeze } from "./send-freeze.ts";
import { type AuthorisationRow, freezeRef } from "./view.ts";

/** So long after its time a freeze that the provider does not know is over. */
const MARGIN_SECONDS = 600;

interface Asked {
  readonly row: AuthorisationRow;
  readonly answer: "not_found" | "silent" | FreezeView["status"];
}

/**
 * Asks the provider for a freeze and books the answer. Returns the row as it is then; silence, and a provider that has no
 * such freeze, change nothing.
 */
export async function askForFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  return (await ask(ctx, row)).row;
}

/**
 * Asks, and does what is left to do: a freeze that never arrived is sent again; one that is to be cancelled, or whose time
 * is over, is cancelled. `row` must be as it was read before its next look was put off.
 */
export async function pursueFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  const { answer, row: asked } = await ask(ctx, row);
  if (answer === "silent") return asked;
  if (answer === "not_found") return await afterNotFound(ctx, asked);
  if (asked.state === "CANCELLING") return await cancelAtProvider(ctx, asked);
  const waits = asked.state === "CREATED" || asked.state === "PENDING";
  return waits && isOver(ctx, asked, 0) ? await giveUp(ctx, asked) : asked;
}

async function ask(ctx: PaymentContext, row: AuthorisationRow): Promise<Asked> {
  const answer = await freezesOf(ctx, row).queryFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return { row, answer: "silent" };
  if (answer.value.status === "not_found") return { row, answer: "not_found" };
  return { row: await bookFreezeView(ctx, row, answer.value), answer: answer.value.status };
}

/** The buyer may not have opened it yet: only time ends what the provider does not know. */
async function afterNotFound(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  if (isOver(ctx, row, MARGIN_SECONDS)) {
    await endFreeze(ctx.db, row.outOrderNo, { now: presentOf(ctx), failureCode: null });
    return await getAuthorisationRow(ctx, row.outOrderNo);
  }
  return row.state === "CREATED" && !isOver(ctx, row, 0) ? await sendAgain(ctx, row) : row;
}

function isOver(ctx: PaymentContext, row: AuthorisationRow, marginSeconds: number): boolean {
  return ctx.now() > row.expiresAt.getTime() + marginSeconds * 1000;
}

/** A query has said that the number does not exist, so a refusal counts. */
async function sendAgain(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  const until = claimUntil(ctx, row);
  if (!until || (await claimFreezeSend(ctx.db, row.outOrderNo, row.checks, until)) === 0) return row;
  try {
    return await sendFreeze(ctx, { ...row, checks: row.checks + 1 }, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    return await getAuthorisationRow(ctx, row.outOrderNo);
  }
}

/**
 * Its time is over. It is CANCELLING in the books before the provider hears of it: a buyer who confirms in this moment has
 * frozen nothing then, for it is about to be released.
 */
async function giveUp(ctx: PaymentContext, { outOrderNo }: AuthorisationRow): Promise<AuthorisationRow> {
  await beginCancellingFreeze(ctx.db, outOrderNo, nextCheck(ctx, 0));
  const row = await getAuthorisationRow(ctx, outOrderNo);
  return row.state === "CANCELLING" ? await cancelAtProvider(ctx, row) : row;
}

/**
 * Has the provider close a freeze that is CANCELLING; what the buyer froze in the meantime is released. Anything but a yes
 * changes nothing.
 */
async function cancelAtProvider(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  const answer = await freezesOf(ctx, row).cancelFreeze(freezeRef(row), callContext(ctx, false));
  return answer.kind === "ok" && answer.value.status === "closed" ? await bookFreezeView(ctx, row, answer.value) : row;
}
