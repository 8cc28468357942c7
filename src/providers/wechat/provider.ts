/** WeChat Pay V3 as a PaymentProvider, for a merchant in direct mode. */

import type { AskedAttempt, AttemptDraft, AttemptRef, CreatedAttempt } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import type { CallbackAnswer, CallbackReply, CallbackVerdict, RawCallback } from "../callback.ts";
import type { Credential, CredentialWishes } from "../credential.ts";
import type { ProviderRuntime } from "../exchange.ts";
import { WECHAT_METHODS } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { PaymentProvider } from "../provider.ts";
import type { AbnormalRefundTarget, AskedRefund, FoundRefund, RefundDraft, RefundRef, RefundView } from "../refund.ts";
import type { CloseResult, TradeView } from "../trade.ts";
import { WechatBills } from "./bill-entries.ts";
import { WechatCombinedPayments } from "./combined.ts";
import type { WechatPayConfig } from "./config.ts";
import { type Merchant, openMerchant } from "./merchant.ts";
import { answerCallback, receiveCallback } from "./notify.ts";
import { wechatDetails } from "./options.ts";
import { wechatMethod, withReturnUrl } from "./products.ts";
import { applyAbnormalRefund, findRefund, startRefund } from "./refund-calls.ts";
import { type ExistingRefund, refundBody } from "./refunds.ts";
import type { NotFound } from "./replies.ts";
import { closeTrade, createTrade, queryTrade } from "./trade-calls.ts";
import { createBody } from "./trades.ts";
import { WechatTransfers } from "./transfers.ts";

/** Speaks WeChat Pay V3 for one merchant and its applications. */
export class WechatPayProvider implements PaymentProvider {
  readonly name = "wechat";
  readonly methods = WECHAT_METHODS;
  readonly refundLimits = { parts: 50, secondsApart: 60, days: 365 };
  readonly combined: WechatCombinedPayments;
  readonly transfers: WechatTransfers;
  readonly bills: WechatBills;
  readonly #merchant: Merchant;

  constructor(config: WechatPayConfig, runtime: ProviderRuntime) {
    this.#merchant = openMerchant(config, runtime);
    this.combined = new WechatCombinedPayments(this.#merchant);
    this.transfers = new WechatTransfers(this.#merchant);
    this.bills = new WechatBills(this.#merchant.client);
  }

  prepare(draft: AttemptDraft): string {
    return createBody({ ...draft, details: wechatDetails(draft.details) }, this.#merchant.config);
  }

  async create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>> {
    const { request, expiresAt } = attempt;
    const method = wechatMethod(attempt.method);
    const created = await createTrade(this.#merchant, { method, request, expiresAt }, call);
    return created.kind === "ok" ? ok({ status: "pending", ...created.value }) : created;
  }

  present(credential: Credential, { returnUrl }: CredentialWishes): Credential {
    if (credential.method !== "WECHAT_H5" || returnUrl === undefined) return credential;
    return { ...credential, h5Url: withReturnUrl(credential.h5Url, returnUrl) };
  }

  query({ outTradeNo, method }: AskedAttempt, call: CallContext): Promise<Outcome<TradeView>> {
    return queryTrade(this.#merchant, { outTradeNo, method: wechatMethod(method) }, call);
  }

  close({ outTradeNo }: AskedAttempt, call: CallContext): Promise<Outcome<CloseResult>> {
    return closeTrade(this.#merchant, outTradeNo, call);
  }

  prepareRefund(draft: RefundDraft): string {
    return refundBody(draft, this.#merchant.config);
  }

  refund(refund: RefundRef, call: CallContext): Promise<Outcome<ExistingRefund>> {
    return startRefund(this.#merchant, refund, call);
  }

  async queryRefund({ outRefundNo, outTradeNo, amount }: AskedRefund, call: CallContext): Promise<Outcome<RefundView>> {
    const found = await findRefund(this.#merchant, { outRefundNo, outTradeNo, amount }, call);
    if (found.kind !== "ok") return found;
    return ok("refund" in found.value ? found.value.refund : found.value);
  }

  findRefund(outRefundNo: string, call: CallContext): Promise<Outcome<FoundRefund | NotFound>> {
    return findRefund(this.#merchant, { outRefundNo }, call);
  }

  resolveAbnormalRefund(
    refund: AskedRefund & { readonly providerRefundNo: string },
    target: AbnormalRefundTarget,
    call: CallContext,
  ): Promise<Outcome<ExistingRefund>> {
    return applyAbnormalRefund(this.#merchant, refund, target, call);
  }

  async renewKeys(call: Pick<CallContext, "signal" | "now">): Promise<void> {
    await this.#merchant.client.renewKeys(call);
  }

  verifyCallback(callback: RawCallback, now: number): Promise<CallbackVerdict> {
    return receiveCallback(this.#merchant, callback, now);
  }

  answer(reply: CallbackReply, callback: RawCallback): CallbackAnswer {
    return answerCallback(reply, callback);
  }
}
