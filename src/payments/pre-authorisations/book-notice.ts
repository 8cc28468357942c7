/** Notices of freezes: what they say is booked, and what they only hint at is asked for. */
import { DatabaseUnavailable } from "../../../db/run.ts";
import type { NotificationOutcome } from "../../../db/schema/records.ts";
import { endFreeze } from "../../../db/statements/pre-authorisation.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { isKey } from "../anomalies.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { bookAnswer, bookFrozen, report } from "./book-freeze.ts";
import { findAuthorisation, freezesOf } from "./record.ts";
import { type AuthorisationRow, freezeRef } from "./view.ts";

type FreezeEvent = Extract<CallbackEvent, { kind: "freeze" }>;
type FreezeHint = Extract<CallbackEvent, { kind: "freeze_hint" }>;

/**
 * Books a callback about a freeze. One round trip when it is news. A closed freeze is only opened again, and a frozen one
 * only ended, when the provider, asked, says so now. Throws DatabaseUnavailable.
 */
export async function bookFreezeEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  { outOrderNo, freeze }: FreezeEvent,
): Promise<NotificationOutcome> {
  if (freeze.status === "frozen" && isKey(outOrderNo)) return await bookFrozen(ctx, provider, outOrderNo, freeze);
  const row = await freezeOf(ctx, provider, outOrderNo);
  if (!row) return await report(ctx, "UNKNOWN_AUTHORISATION", { provider, outOrderNo });
  if (freeze.status === "closed") {
    const ended = await endFreeze(ctx.db, outOrderNo, { now: presentOf(ctx), failureCode: null });
    if (ended > 0) return "APPLIED";
    if (row.state === "CLOSED") return "REPEATED";
  }
  return await ask(ctx, row);
}

/**
 * Books what the provider says, asked, of the freeze that a hint names. Throws DatabaseUnavailable when it does not say:
 * then the hint has to come again.
 */
export async function bookFreezeHint(
  ctx: PaymentContext,
  provider: ProviderName,
  { outOrderNo }: FreezeHint,
): Promise<NotificationOutcome> {
  const row = await freezeOf(ctx, provider, outOrderNo);
  return row ? await ask(ctx, row) : await report(ctx, "UNKNOWN_AUTHORISATION", { provider, outOrderNo });
}

async function freezeOf(ctx: PaymentContext, provider: ProviderName, outOrderNo: string) {
  const row = isKey(outOrderNo) ? await findAuthorisation(ctx, { outOrderNo }) : undefined;
  return row?.provider === provider ? row : undefined;
}

async function ask(ctx: PaymentContext, row: AuthorisationRow): Promise<NotificationOutcome> {
  const answer = await freezesOf(ctx, row).queryFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") throw new DatabaseUnavailable("the provider did not say how the freeze stands");
  return answer.value.status === "not_found" ? "IGNORED" : await bookAnswer(ctx, row, answer.value);
}
