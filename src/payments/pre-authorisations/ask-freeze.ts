/** Asking the provider how a freeze stands, and doing what is left to do. */
import { endFreeze, postponeFreeze } from "../../../db/statements/pre-authorisation.ts";
import { PayError } from "../../errors.ts";
import { callContext, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { bookFreezeView } from "./book-freeze.ts";
import { freezesOf, getAuthorisationRow } from "./record.ts";
import { sendFreeze } from "./send-freeze.ts";
import { type AuthorisationRow, freezeRef } from "./view.ts";

/** A send may still be under way this long after the freeze was recorded; until then nobody sends it again. */
const SEND_SECONDS = 60;

/** So long after its time a freeze that the provider does not know is over. */
const MARGIN_SECONDS = 600;

/**
 * Asks the provider for a freeze in doubt and books the answer. One that never arrived is sent again; one that is to be
 * cancelled, or whose time is over, is cancelled. Returns the row as it is then; silence changes nothing.
 */
export async function askForFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  const answer = await freezesOf(ctx, row).queryFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") return row;
  if (answer.value.status === "not_found") return await afterNotFound(ctx, row);
  const current = await bookFreezeView(ctx, row, answer.value);
  const waits = current.state === "CREATED" || current.state === "PENDING";
  return current.state === "CANCELLING" || (waits && isOver(ctx, row, 0))
    ? await cancelAtProvider(ctx, current)
    : current;
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

/**
 * Only who moves the time of the next look sends, so that two who asked at once send once. A query has said that the
 * number does not exist, so a refusal counts.
 */
async function sendAgain(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  if (ctx.now() - row.createdAt.getTime() < SEND_SECONDS * 1000) return row;
  if ((await postponeFreeze(ctx.db, row.outOrderNo, row.checks, nextCheck(ctx, row.checks))) === 0) return row;
  try {
    return await sendFreeze(ctx, { ...row, checks: row.checks + 1 }, { firstSend: true });
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    return await getAuthorisationRow(ctx, row.outOrderNo);
  }
}

/** Has the provider close a freeze; what the buyer froze in the meantime is released. Anything but a yes changes nothing. */
async function cancelAtProvider(ctx: PaymentContext, row: AuthorisationRow): Promise<AuthorisationRow> {
  const answer = await freezesOf(ctx, row).cancelFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok" || answer.value.status !== "closed") return row;
  await endFreeze(ctx.db, row.outOrderNo, { now: presentOf(ctx), failureCode: null });
  return await getAuthorisationRow(ctx, row.outOrderNo);
}
