/** The one door to payments: each call finds the provider and does one thing. */
import { PayError } from "../errors.ts";
import type { CallbackAnswer, RawCallback } from "../providers/callback.ts";
import { METHODS, type ProviderName } from "../providers/methods.ts";
import { closePayment } from "./attempts/close-payment.ts";
import { createPayment, type PaymentRequest } from "./attempts/create-payment.ts";
import { queryPayment } from "./attempts/query-payment.ts";
import { type ReturnedPayment, returnedPayment } from "./attempts/returned-payment.ts";
import type { PaymentAnswer } from "./attempts/send-attempt.ts";
import type { PaymentState } from "./attempts/view.ts";
import { PaymentCallbackHandler } from "./callback-handler.ts";
import type { Actor, PaymentContext } from "./context.ts";
import type { RefundRequest } from "./refunds/draft-refund.ts";
import { queryRefund } from "./refunds/query-refund.ts";
import { requestRefund } from "./refunds/request-refund.ts";
import { type AbnormalRefund, resolveAbnormalRefund } from "./refunds/resolve-abnormal.ts";
import type { RefundRecordView } from "./refunds/view.ts";

export class PaymentManager {
  private readonly ctx: PaymentContext;

  constructor(ctx: PaymentContext) {
    this.ctx = ctx;
  }

  /** Opens an attempt, or hands out the open one. Throws METHOD_PROVIDER_MISMATCH and what createPayment throws. */
  async create(
    actor: Actor,
    provider: ProviderName,
    request: PaymentRequest,
    idempotencyKey?: string,
  ): Promise<PaymentAnswer> {
    if (METHODS[request.method].provider !== provider) {
      const issues = [{ path: "method", message: `not a method of ${provider}` }];
      throw new PayError("METHOD_PROVIDER_MISMATCH", { issues });
    }
    return await createPayment(this.ctx, actor, request, idempotencyKey);
  }

  /** Says how an order's payment stands, asking the provider while it is open. */
  async query(actor: Actor, provider: ProviderName, orderId: string): Promise<PaymentState> {
    this.assertConfigured(provider);
    return await queryPayment(this.ctx, actor, provider, orderId);
  }

  /** Closes the open attempt at the provider. */
  async close(actor: Actor, provider: ProviderName, orderId: string): Promise<PaymentState> {
    this.assertConfigured(provider);
    return await closePayment(this.ctx, actor, provider, orderId);
  }

  /** Asks for money back. */
  async refund(actor: Actor, request: RefundRequest, idempotencyKey: string): Promise<RefundRecordView> {
    this.assertConfigured(request.provider);
    return await requestRefund(this.ctx, actor, request, idempotencyKey);
  }

  /** Says how a refund stands, asking the provider while it is on its way. */
  async queryRefund(actor: Actor, provider: ProviderName, refundId: string): Promise<RefundRecordView> {
    this.assertConfigured(provider);
    return await queryRefund(this.ctx, actor, provider, refundId);
  }

  /** Deals with a callback and answers it in the provider's own words, in `withinMs` at the latest. */
  async notify(providerName: ProviderName, callback: RawCallback, withinMs?: number): Promise<CallbackAnswer> {
    const provider = this.ctx.providers.find(providerName);
    if (!provider) throw new PayError("NOT_FOUND");
    const reply = await new PaymentCallbackHandler(this.ctx, withinMs).handle(provider, callback);
    return provider.answer(reply, callback);
  }

  /** Says how the attempt stands that a browser came back from. Nothing in the address is believed but its number. */
  async returned(providerName: ProviderName, query: string): Promise<ReturnedPayment> {
    const provider = this.ctx.providers.find(providerName);
    if (!provider) throw new PayError("NOT_FOUND");
    return await returnedPayment(this.ctx, provider, query);
  }

  /** Sends the money of an ABNORMAL refund elsewhere. */
  async resolveAbnormalRefund(actor: Actor, refund: AbnormalRefund): Promise<RefundRecordView> {
    this.assertConfigured(refund.provider);
    return await resolveAbnormalRefund(this.ctx, actor, refund);
  }

  private assertConfigured(provider: ProviderName): void {
    if (!this.ctx.providers.find(provider)) throw new PayError("METHOD_UNAVAILABLE");
  }
}
