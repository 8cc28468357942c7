/** Callbacks: verified over their raw bytes, booked, and answered only once what they say is on record. */
import type { NotificationOutcome } from "../../db/schema/records.ts";
import type { CallbackEvent, CallbackReply, RawCallback } from "../providers/callback.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import { bookCallback } from "./book-callback.ts";
import { happenedAt, namesOf } from "./callback-facts.ts";
import type { PaymentContext } from "./context.ts";
import { recordNotification } from "./notifications.ts";
import { within } from "./within.ts";

/** Providers give up after five seconds, and the answer has to travel. */
const ANSWER_WITHIN_MS = 4000;

export class PaymentCallbackHandler {
  private readonly ctx: PaymentContext;
  private readonly answerWithinMs: number;

  constructor(ctx: PaymentContext, answerWithinMs = ANSWER_WITHIN_MS) {
    this.ctx = ctx;
    this.answerWithinMs = answerWithinMs;
  }

  /**
   * Deals with one callback of a provider, of either kind. Says in which sense to answer: `accepted` when it is
   * applied, was applied before, or is on record as an anomaly; `unverified`; `failed` when it has to come again. When
   * it takes too long, the answer is `failed` in time and the work goes on behind it: the repeat finds it done.
   */
  async handle(provider: PaymentProvider, callback: RawCallback): Promise<CallbackReply> {
    const work = this.process(provider, callback);
    const reply = await within(this.answerWithinMs, work);
    if (reply !== undefined) return reply;
    this.ctx.log.warn("callback.slow", { provider: provider.name, afterMs: this.answerWithinMs });
    this.ctx.defer(() => work);
    return "failed";
  }

  private async process(provider: PaymentProvider, callback: RawCallback): Promise<CallbackReply> {
    const receivedAt = this.ctx.now();
    let event: CallbackEvent | undefined;
    try {
      const verdict = await provider.verifyCallback(callback, receivedAt);
      if (!verdict.verified) return this.unverified(provider, verdict.reason, verdict.detail);
      event = verdict.event;
      return await this.book(provider, event, receivedAt);
    } catch (error) {
      const about = event && { notice: event.event, ...namesOf(event) };
      const durationMs = this.ctx.now() - receivedAt;
      this.ctx.log.error("callback.failed", error, { provider: provider.name, ...about, durationMs });
      return "failed";
    }
  }

  private async book(provider: PaymentProvider, event: CallbackEvent, receivedAt: number): Promise<CallbackReply> {
    const outcome = await bookCallback(this.ctx, provider, event);
    if (outcome === "foreign_application") {
      return this.unverified(provider, outcome, "the attempt is by a method of another application");
    }
    await this.writeDown(provider, event, { outcome, receivedAt });
    return "accepted";
  }

  private unverified(provider: PaymentProvider, reason: string, detail: string): "unverified" {
    this.ctx.log.warn("callback.unverified", { provider: provider.name, reason, detail });
    return "unverified";
  }

  private logHandled(
    provider: PaymentProvider,
    event: CallbackEvent,
    { outcome, receivedAt }: { readonly outcome: NotificationOutcome; readonly receivedAt: number },
  ): void {
    const now = this.ctx.now();
    const happened = happenedAt(event);
    this.ctx.log.info("callback.handled", {
      provider: provider.name,
      notice: event.event,
      outcome,
      ...namesOf(event),
      durationMs: now - receivedAt,
      delayMs: happened ? Math.max(0, now - happened.getTime()) : undefined,
    });
  }

  /** After the answer when it was applied; before it when not, so that nothing is acknowledged without a trace. */
  private async writeDown(
    provider: PaymentProvider,
    event: CallbackEvent,
    result: { readonly outcome: NotificationOutcome; readonly receivedAt: number },
  ): Promise<void> {
    this.logHandled(provider, event, result);
    if (result.outcome === "APPLIED" || result.outcome === "REPEATED") {
      this.ctx.defer((later) => recordNotification(later, provider.name, event, result));
    } else {
      await recordNotification(this.ctx, provider.name, event, result);
    }
  }
}
