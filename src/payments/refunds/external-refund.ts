/** Refunds that others made, in the provider's console: on record, outside our ceiling, and an operator hears of them. */
import { and, eq, sum } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import { type Fen, fen } from "../../money.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { asKey, isKey, recordAnomaly } from "../anomalies.ts";
import { findAttempt } from "../attempts/record.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { callContext, type PaymentContext, presentOf } from "../context.ts";
import { recordEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { seal } from "../sealed.ts";
import { insertRefund, newRefund } from "./record.ts";
import { refundField } from "./view.ts";

type RefundEvent = Extract<CallbackEvent, { kind: "refund" }>;

/** A refund as it goes on record: its number, which no other has, and what it gave back. */
interface Measured {
  readonly outRefundNo: string;
  readonly amount: Fen;
}

/**
 * A refund nobody here made: somebody used the provider's console. It is recorded, outside our ceiling. `repeated`: it is
 * on record. Throws while nobody can say how much it gave back; then it has to come again.
 */
export async function recordUnknownRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<"anomaly" | "repeated"> {
  const attempt = event.refund.status === "success" ? await attemptOf(ctx, provider, event) : undefined;
  const measured = attempt && (await measure(ctx, attempt, event));
  if (measured === "on_record") return "repeated";
  const known = measured === "not_yet" ? undefined : measured;
  await report(ctx, provider, event, attempt, known);
  if (measured === "not_yet") throw new Error("nobody can say yet how much a refund gave back");
  if (attempt && known) await recordExternal(ctx, attempt, event, known);
  return "anomaly";
}

async function attemptOf(ctx: PaymentContext, provider: ProviderName, { outTradeNo }: RefundEvent) {
  const attempt = isKey(outTradeNo) ? await findAttempt(ctx, outTradeNo) : undefined;
  return attempt?.provider === provider ? attempt : undefined;
}

async function report(
  ctx: PaymentContext,
  provider: ProviderName,
  { outTradeNo, outRefundNo: told, refund, goneBack }: RefundEvent,
  attempt: AttemptRow | undefined,
  measured: Measured | undefined,
): Promise<void> {
  const { outRefundNo, amount } = measured ?? { outRefundNo: told, amount: refund.amount };
  await recordAnomaly(ctx, {
    kind: "UNKNOWN_REFUND",
    number: outRefundNo,
    provider,
    outTradeNo,
    ...(attempt && { orderId: attempt.orderId }),
    amounts: { amount, goneBack: goneBack ?? null },
    detail: { outRefundNo, status: refund.status },
  });
}

/**
 * How much a refund of somebody else's gave back: as it says itself, as its provider says when asked for its number, or by
 * how far the sum of all refunds has risen. Refunds that were made without a number all go by the payment's. Undefined
 * when nobody can be asked.
 */
async function measure(
  ctx: PaymentContext,
  attempt: AttemptRow,
  { outRefundNo, refund, goneBack }: RefundEvent,
): Promise<Measured | "on_record" | "not_yet" | undefined> {
  if (refund.amount !== null) return { outRefundNo, amount: refund.amount };
  if (outRefundNo === attempt.outTradeNo) return await rise(ctx, attempt, goneBack);
  if (!isKey(outRefundNo)) return undefined;
  const asked = { outRefundNo, outTradeNo: attempt.outTradeNo };
  const answer = await ctx.providers.get(attempt.provider).queryRefund(asked, callContext(ctx, false));
  const said = answer.kind === "ok" && answer.value.status === "success" ? answer.value.amount : null;
  return said === null ? "not_yet" : { outRefundNo, amount: said };
}

/**
 * What the sum of all refunds holds beyond those on record. While one of ours is under way nobody knows whether the sum
 * holds it. The number goes by the sum before, so that two notices at once don't both add what they see.
 */
async function rise(
  ctx: PaymentContext,
  attempt: AttemptRow,
  goneBack: Fen | undefined,
): Promise<Measured | "on_record" | "not_yet" | undefined> {
  const { outTradeNo, refunding, refunded } = attempt;
  if (goneBack === undefined) return undefined;
  if (refunding > 0) return "not_yet";
  const before = await externallyRefunded(ctx, attempt);
  const amount = goneBack - refunded - before;
  return amount > 0 ? { outRefundNo: `${outTradeNo}-${before}`, amount: fen(amount) } : "on_record";
}

/** How much of a payment others have given back, as far as it is on record, in fen. */
export async function externallyRefunded(
  ctx: PaymentContext,
  attempt: Pick<AttemptRow, "orderId" | "outTradeNo">,
): Promise<Fen> {
  const { amount, orderId, outTradeNo, origin } = refundRecords;
  const byOthers = and(eq(orderId, attempt.orderId), eq(outTradeNo, attempt.outTradeNo), eq(origin, "EXTERNAL"));
  const [row] = await read(() =>
    ctx.db
      .select({ total: sum(amount) })
      .from(refundRecords)
      .where(byOthers),
  );
  return fen(Number(row?.total ?? 0));
}

/** Throws when another notice has just taken the number that this one made up: how far the sum has risen is to be seen anew. */
async function recordExternal(
  ctx: PaymentContext,
  { orderId, userId, outTradeNo, provider }: AttemptRow,
  { refund, outRefundNo: told }: RefundEvent,
  { outRefundNo, amount }: Measured,
): Promise<void> {
  if (amount === 0) return;
  const number = asKey(outRefundNo, 64);
  await recordEvent(ctx, {
    kind: "refund.external",
    subject: `${provider}:${number}`,
    orderId,
    amounts: { amount },
    detail: { outTradeNo, outRefundNo: number },
  });
  const id = newId(ctx.now());
  const reason = await seal(ctx, refundField("reason", { id }), "made at the provider");
  const request = await seal(ctx, refundField("request", { id }), "");
  const isNew = await insertRefund(
    ctx,
    newRefund(ctx, {
      ...{ id, orderId, userId, outTradeNo, provider, outRefundNo: number },
      ...{ state: "SUCCESS", origin: "EXTERNAL", applied: false, amount, reason, request },
      ...{ providerRefundNo: refund.providerRefundNo, requestedBy: "provider" },
      succeededAt: refund.succeededAt ?? presentOf(ctx),
    }),
  );
  if (!isNew && outRefundNo !== told) throw new Error("another refund without a number was recorded meanwhile");
}
