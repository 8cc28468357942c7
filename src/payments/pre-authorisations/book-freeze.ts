/** What a provider says of a freeze becomes a fact in the books, once. */
import { DatabaseUnavailable } from "../../../db/run.ts";
import type { AnomalyKind, NotificationOutcome } from "../../../db/schema/records.ts";
import { applyFreeze, endFreeze, endFrozen, finishAuthorisation } from "../../../db/statements/pre-authorisation.ts";
import type { Fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { FreezeView } from "../../providers/pre-authorisation.ts";
import { asKey, recordAnomaly } from "../anomalies.ts";
import { callContext, inSeconds, type PaymentContext, presentOf } from "../context.ts";
import { findAuthorisation, freezesOf, getAuthorisationRow } from "./record.ts";
import { type AuthorisationRow, freezeRef, isBeingUsed, isOpen, isUsedUp } from "./view.ts";

type Frozen = Extract<FreezeView, { status: "frozen" }>;

/** Books a provider's answer about a freeze of ours. Returns the row as it is then. */
export async function bookFreezeView(
  ctx: PaymentContext,
  row: AuthorisationRow,
  view: FreezeView,
): Promise<AuthorisationRow> {
  await bookAnswer(ctx, row, view);
  return await getAuthorisationRow(ctx, row.outOrderNo);
}

/** The same; says what it came to. */
export async function bookAnswer(
  ctx: PaymentContext,
  { provider, outOrderNo }: AuthorisationRow,
  view: FreezeView,
): Promise<NotificationOutcome> {
  if (view.status === "pending") return "IGNORED";
  if (view.status !== "frozen") return await bookGone(ctx, outOrderNo, view.status);
  const outcome = await bookFrozen(ctx, provider, outOrderNo, view);
  return outcome === "REPEATED" ? await compareRest(ctx, outOrderNo, view) : outcome;
}

/** Books that the money is frozen. One round trip when it is news. Throws DatabaseUnavailable. */
export async function bookFrozen(
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
  return { provider, authNo, amount, frozenAt: frozenAt ?? presentOf(ctx), nextCheckAt: nextWatch(ctx) };
}

/** When to look again at money that is frozen: others may release it, and nobody need tell. */
export function nextWatch(ctx: PaymentContext): Date {
  return inSeconds(ctx, 24 * 3600);
}

/** The provider may hold more than is left here, for its answer may be older than a capture; less, only by others' doing. */
async function compareRest(ctx: PaymentContext, outOrderNo: string, { rest }: Frozen): Promise<NotificationOutcome> {
  const row = await getAuthorisationRow(ctx, outOrderNo);
  const isShort = row.state === "FROZEN" && rest !== null && rest < row.amount - row.reserved;
  return isShort ? await report(ctx, "AUTHORISATION_IN_DOUBT", row, rest) : "REPEATED";
}

/**
 * Nothing is frozen at the provider. While a capture or a release is under way, its own answer decides. Money that went
 * without one of ours is put before an operator first.
 */
async function bookGone(
  ctx: PaymentContext,
  outOrderNo: string,
  status: "finished" | "closed",
): Promise<NotificationOutcome> {
  const now = presentOf(ctx);
  const close = () => endFreeze(ctx.db, outOrderNo, { now, failureCode: null });
  if (status === "closed" && (await close()) > 0) return "APPLIED";
  const row = await getAuthorisationRow(ctx, outOrderNo);
  if (isUsedUp(row)) return (await finishAuthorisation(ctx.db, outOrderNo, now)) > 0 ? "APPLIED" : "REPEATED";
  const isFrozen = row.state === "FROZEN" && !isBeingUsed(row);
  if (!isFrozen && !isOpen(row)) return "REPEATED";
  await report(ctx, "AUTHORISATION_IN_DOUBT", row);
  await (isFrozen ? endFrozen(ctx.db, outOrderNo, now) : close());
  return "ANOMALY";
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
