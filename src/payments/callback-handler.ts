/** Callbacks: verified over their raw bytes, booked, and answered only once what they say is on record. */
import { eq } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { paymentTransactions } from "../../db/schema/payments.ts";
import type { NotificationOutcome } from "../../db/schema/records.ts";
import type { ProviderName } from "../providers/methods.ts";
import type { CallbackEvent, CallbackReply, PaymentProvider, RawCallback } from "../providers/provider.ts";
import { recordAnomaly } from "./anomalies.ts";
import type { PaymentContext } from "./context.ts";
import { recordNotification } from "./notifications.ts";
import { pursueAutomaticRefund } from "./refunds/automatic-refund.ts";
import { bookRefundEvent } from "./refunds/book-refund.ts";
import { applyTradeView } from "./settlement.ts";

export class PaymentCallbackHandler {
  private readonly ctx: PaymentContext;

  constructor(ctx: PaymentContext) {
    this.ctx = ctx;
  }

  /**
   * Deals with one callback of a provider, of either kind. Says in which sense to answer: `accepted` when it is
   * applied, was applied before, or is on record as an anomaly; `unverified`; `failed` when it has to come again.
   */
  async handle(provider: PaymentProvider, callback: RawCallback): Promise<CallbackReply> {
    const receivedAt = this.ctx.now();
    const verdict = await provider.verifyCallback(callback, receivedAt);
    if (!verdict.verified) {
      this.ctx.log.warn("callback.unverified", {
        provider: provider.name,
        reason: verdict.reason,
        detail: verdict.detail,
      });
      return "unverified";
    }
    try {
      const outcome = await this.book(provider.name, verdict.event);
      await this.writeDown(provider.name, verdict.event, { outcome, receivedAt });
      return "accepted";
    } catch (error) {
      this.ctx.log.error("callback.failed", error, { provider: provider.name, event: verdict.event.event });
      return "failed";
    }
  }

  private async book(provider: ProviderName, event: CallbackEvent): Promise<NotificationOutcome> {
    switch (event.kind) {
      case "trade":
        return await this.bookTrade(provider, event);
      case "refund":
        return await this.bookRefund(provider, event);
      case "other":
        return "IGNORED";
    }
  }

  private async bookTrade(
    provider: ProviderName,
    event: Extract<CallbackEvent, { kind: "trade" }>,
  ): Promise<NotificationOutcome> {
    const applied = await applyTradeView(this.ctx, provider, event.outTradeNo, event.trade);
    switch (applied) {
      case "applied":
      case "closed":
        return "APPLIED";
      case "repeated":
        return "REPEATED";
      case "unchanged":
        return "IGNORED";
      case "unapplied":
        this.ctx.defer((later) => refundIfOwed(later, event.outTradeNo));
        return "ANOMALY";
      case "unfunded":
      case "unknown_trade":
        await this.reportUnknownTrade(provider, event);
        return "ANOMALY";
    }
  }

  private async bookRefund(
    provider: ProviderName,
    event: Extract<CallbackEvent, { kind: "refund" }>,
  ): Promise<NotificationOutcome> {
    const booking = await bookRefundEvent(this.ctx, provider, event);
    if (booking === "anomaly") return "ANOMALY";
    return booking === "repeated" ? "REPEATED" : "APPLIED";
  }

  private async reportUnknownTrade(
    provider: ProviderName,
    event: Extract<CallbackEvent, { kind: "trade" }>,
  ): Promise<void> {
    const receipt = "receipt" in event.trade ? event.trade.receipt : undefined;
    await recordAnomaly(this.ctx, {
      kind: "UNKNOWN_TRADE",
      number: event.outTradeNo,
      provider,
      outTradeNo: event.outTradeNo,
      amounts: { amount: receipt?.amount ?? null },
      detail: {
        event: event.event,
        providerTradeNo: receipt?.providerTradeNo ?? null,
      },
    });
  }

  /** After the answer when it was applied; before it when not, so that nothing is acknowledged without a trace. */
  private async writeDown(
    provider: ProviderName,
    event: CallbackEvent,
    result: { readonly outcome: NotificationOutcome; readonly receivedAt: number },
  ): Promise<void> {
    this.ctx.log.info("callback.handled", { provider, event: event.event, outcome: result.outcome });
    if (result.outcome === "APPLIED" || result.outcome === "REPEATED") {
      this.ctx.defer((later) => recordNotification(later, provider, event, result));
    } else {
      await recordNotification(this.ctx, provider, event, result);
    }
  }
}

/** Sends unapplied money back when that is its policy. A job does the same should this not come to an end. */
async function refundIfOwed(ctx: PaymentContext, outTradeNo: string): Promise<void> {
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  );
  if (attempt?.policy === "REFUND" && attempt.nextCheckAt !== null) await pursueAutomaticRefund(ctx, attempt);
}
