/** What a provider says of a freeze becomes a fact in the books, once. */
import { DatabaseUnavailable } from "../../../db/run.ts";
import type { AnomalyKind, NotificationOutcome } from "../../../db/schema/records.ts";
import { applyFreeze, endFreeze } from "../../../db/statements/pre-authorisation.ts";
import type { Fen } from "../../money.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { FreezeView } from "../../providers/pre-authorisation.ts";
import { asKey, isKey, recordAnomaly } from "../anomalies.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { findAuthorisation, freezesOf, getAuthorisationRow } from "./record.ts";
import { type AuthorisationRow, freezeRef } from "./view.ts";

type FreezeEvent = Extract<CallbackEvent, { kind: "freeze" }>;
type Frozen = Extract<FreezeView, { status: "frozen" }>;

/** Books a provider's answer about a freeze of ours. Returns the row as it is then. */
export async function bookFreezeView(
  ctx: PaymentContext,
  row: AuthorisationRow,
  view: FreezeView,
): Promise<AuthorisationRow> {
  if (view.status === "frozen") await bookFrozen(ctx, row.provider, row.outOrderNo, view);
  if (view.status === "closed") await endFreeze(ctx.db, row.outOrderNo, { now: presentOf(ctx), failureCode: null });
  const current = await getAuthorisationRow(ctx, row.outOrderNo);
  // All of it has gone without a capture or a release of ours: somebody else did that.
  if (view.status === "finished" && current.state !== "FINISHED") await report(ctx, "AUTHORISATION_IN_DOUBT", current);
  return current;
}

/**
 * Books a callback about a freeze. One round trip when it is news. A closed freeze is only opened again when the provider,
 * asked, says that the money is frozen now. Throws DatabaseUnavailable.
 */
export async function bookFreezeEvent(
  ctx: PaymentContext,
  provider: ProviderName,
  event: FreezeEvent,
): Promise<NotificationOutcome> {
  const { outOrderNo, freeze } = event;
  if (!isKey(outOrderNo)) return await report(ctx, "UNKNOWN_AUTHORISATION", { provider, outOrderNo });
  if (freeze.status === "frozen") return await bookFrozen(ctx, provider, outOrderNo, freeze);
  const row = await findAuthorisation(ctx, { outOrderNo });
  if (row?.provider !== provider) return await report(ctx, "UNKNOWN_AUTHORISATION", { provider, outOrderNo });
  if (freeze.status !== "closed") return "IGNORED";
  const ended = await endFreeze(ctx.db, outOrderNo, { now: presentOf(ctx), failureCode: null });
  return ended > 0 ? "APPLIED" : "REPEATED";
}

async function bookFrozen(
  ctx: PaymentContext,
  provider: ProviderName,
  outOrderNo: string,
  view: Frozen,
): Promise<NotificationOutcome> {
  if ((await applyFreeze(ctx.db, outOrderNo, moneyOf(ctx, provider, view), { late: false })) > 0) {
    ctx.log.info("authorisation.frozen", { authorisation: outOrderNo, provider });
    return "APPLIED";
  }
  const row = await findAuthorisation(ctx, { outOrderNo });
  if (row?.provider !== provider) return await report(ctx, "UNKNOWN_AUTHORISATION", { provider, outOrderNo });
  if (row.amount !== view.amount) return await report(ctx, "AUTHORISATION_AMOUNT_DIFFERS", row, view.amount);
  switch (row.state) {
    case "CREATED":
    case "PENDING":
      throw new DatabaseUnavailable("the news of the freeze still apply but did not take effect");
    case "CANCELLING":
      // The provider is about to be told to let it go.
      return "IGNORED";
    case "FROZEN":
    case "FINISHED":
      return "REPEATED";
    case "CLOSED":
    case "FAILED":
      return await reopen(ctx, row);
  }
}

/** Old news of money that has been released since must not open a freeze again, so the provider is asked. */
async function reopen(ctx: PaymentContext, row: AuthorisationRow): Promise<NotificationOutcome> {
  const answer = await freezesOf(ctx, row).queryFreeze(freezeRef(row), callContext(ctx, false));
  if (answer.kind !== "ok") throw new DatabaseUnavailable("the provider did not say whether the money is frozen now");
  if (answer.value.status !== "frozen") return "IGNORED";
  await report(ctx, "AUTHORISATION_LATE", row, answer.value.amount);
  await applyFreeze(ctx.db, row.outOrderNo, moneyOf(ctx, row.provider, answer.value), { late: true });
  return "ANOMALY";
}

function moneyOf(ctx: PaymentContext, provider: ProviderName, { authNo, amount, frozenAt }: Frozen) {
  return { provider, authNo, amount, frozenAt: frozenAt ?? presentOf(ctx) };
}

/** Puts a freeze before an operator. */
export async function report(
  ctx: PaymentContext,
  kind: Extract<AnomalyKind, "UNKNOWN_AUTHORISATION" | `AUTHORISATION_${"AMOUNT_DIFFERS" | "IN_DOUBT" | "LATE"}`>,
  about: Pick<AuthorisationRow, "provider" | "outOrderNo"> & Partial<Pick<AuthorisationRow, "state" | "amount">>,
  reported: Fen | null = null,
): Promise<"ANOMALY"> {
  const { provider, outOrderNo, state = null, amount = null } = about;
  const detail = { outOrderNo: asKey(outOrderNo, 64), state };
  await recordAnomaly(ctx, { kind, number: outOrderNo, provider, amounts: { amount, reported }, detail });
  return "ANOMALY";
}
