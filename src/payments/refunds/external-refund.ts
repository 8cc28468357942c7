/** Refunds that others made, in the provider's console: on record, outside our ceiling, and an operator hears of them. */
import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import type { Fen } from "../../money.ts";
import type { CallbackEvent } from "../../providers/callback.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { asKey, isKey, recordAnomaly } from "../anomalies.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { newId } from "../ids.ts";
import { insertRefund, newRefund } from "./record.ts";

type RefundEvent = Extract<CallbackEvent, { kind: "refund" }>;

/** A refund nobody here made: somebody used the provider's console. It is recorded, outside our ceiling. */
export async function recordUnknownRefund(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
): Promise<void> {
  const { outTradeNo, outRefundNo, refund } = event;
  await recordAnomaly(ctx, {
    kind: "UNKNOWN_REFUND",
    number: outRefundNo,
    provider,
    outTradeNo,
    amounts: { amount: refund.amount },
    detail: { outRefundNo, status: refund.status },
  });
  if (refund.status === "success" && refund.amount) await recordExternal(ctx, provider, event, refund.amount);
}

async function recordExternal(
  ctx: PaymentContext,
  provider: ProviderName,
  event: RefundEvent,
  amount: Fen,
): Promise<void> {
  if (!isKey(event.outTradeNo)) return;
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, event.outTradeNo)),
  );
  if (attempt?.provider !== provider) return;
  const { orderId, userId, outTradeNo } = attempt;
  await insertRefund(
    ctx,
    newRefund(ctx, {
      ...{ id: newId(ctx.now()), orderId, userId, outTradeNo, provider, outRefundNo: asKey(event.outRefundNo, 64) },
      ...{ state: "SUCCESS", origin: "EXTERNAL", applied: false, amount, reason: "made at the provider", request: "" },
      ...{ providerRefundNo: event.refund.providerRefundNo, requestedBy: "provider" },
      succeededAt: event.refund.succeededAt ?? presentOf(ctx),
    }),
  );
}
