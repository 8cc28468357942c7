/** Alipay's open platform (mainland, RSA2) as a PaymentProvider. */

import type { AskedAttempt, AttemptDraft, AttemptRef, CreatedAttempt } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import type { CallbackAnswer, CallbackReply, CallbackVerdict, RawCallback, ReturnVerdict } from "../callback.ts";
import type { Credential } from "../credential.ts";
import type { ProviderRuntime } from "../exchange.ts";
import { ALIPAY_METHODS } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { PaymentProvider } from "../provider.ts";
import type { AskedRefund, RefundDraft, RefundRef, RefundView } from "../refund.ts";
import type { CloseResult, TradeView } from "../trade.ts";
import { type Application, openApplication } from "./application.ts";
import { AlipayBills } from "./bill-entries.ts";
import type { AlipayConfig } from "./config.ts";
import { closePayment, endPayment } from "./end-trade.ts";
import { findTrade } from "./find-trade.ts";
import { answerNotice, receiveNotice } from "./notify.ts";
import { openTrade } from "./open-trade.ts";
import { alipayDetails } from "./options.ts";
import { payAttempt } from "./pay-trade.ts";
import { AlipayPreAuthorisations } from "./pre-auth.ts";
import { alipayMethod } from "./products.ts";
import { findRefund, startRefund } from "./refund-calls.ts";
import { type ExistingRefund, refundContent } from "./refunds.ts";
import { receiveReturn } from "./returned.ts";
import { tradeRequestText } from "./trade-content.ts";
import { AlipayTransfers } from "./transfers.ts";

/** Speaks for one Alipay application. */
export class AlipayPayProvider implements PaymentProvider {
  readonly name = "alipay";
  readonly methods = ALIPAY_METHODS;
  readonly refundLimits = { parts: null, secondsApart: 3, days: null };
  readonly refundQueriesAreVague = true;
  readonly preAuthorisations: AlipayPreAuthorisations;
  readonly bills: AlipayBills;
  /** Alipay takes transfers from applications in certificate mode alone. */
  readonly transfers?: AlipayTransfers;
  readonly #application: Application;

  constructor(config: AlipayConfig, runtime: ProviderRuntime) {
    this.#application = openApplication(config, runtime);
    this.preAuthorisations = new AlipayPreAuthorisations(this.#application);
    this.bills = new AlipayBills(this.#application.client);
    if (config.certificates) this.transfers = new AlipayTransfers(this.#application);
  }

  prepare(draft: AttemptDraft): string {
    return tradeRequestText({ ...draft, details: alipayDetails(draft.details) }, this.#application.config);
  }

  async create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>> {
    const method = alipayMethod(attempt.method);
    if (method === "ALIPAY_BARCODE") return await payAttempt(this.#application, attempt, call);
    const { outTradeNo, request, expiresAt } = attempt;
    const opened = await openTrade(this.#application, { method, outTradeNo, request, expiresAt }, call);
    return opened.kind === "ok" ? ok({ status: "pending", ...opened.value }) : opened;
  }

  present(credential: Credential): Credential {
    return credential;
  }

  async query({ outTradeNo }: AskedAttempt, call: CallContext): Promise<Outcome<TradeView>> {
    const found = await findTrade(this.#application, { outTradeNo }, call);
    if (found.kind !== "ok") return found;
    return ok("trade" in found.value ? found.value.trade : found.value);
  }

  /** A payment by bar code may be on its way at any time, so it is cancelled; all others are closed. */
  close({ outTradeNo, method }: AskedAttempt, call: CallContext): Promise<Outcome<CloseResult>> {
    const end = method === "ALIPAY_BARCODE" ? endPayment : closePayment;
    return end(this.#application, outTradeNo, call);
  }

  prepareRefund({ outRefundNo, outTradeNo, amount, reason }: RefundDraft): string {
    return refundContent({ outRefundNo, outTradeNo, amount, reason });
  }

  refund({ outTradeNo, ...refund }: RefundRef, call: CallContext): Promise<Outcome<ExistingRefund>> {
    return startRefund(this.#application, { ...refund, trade: { outTradeNo } }, call);
  }

  /** Another amount than was asked for is no reason to doubt the answer: the books are to hear of it. */
  queryRefund({ outTradeNo, outRefundNo }: AskedRefund, call: CallContext): Promise<Outcome<RefundView>> {
    return findRefund(this.#application, { outRefundNo, trade: { outTradeNo } }, call);
  }

  verifyCallback(callback: RawCallback, now: number): Promise<CallbackVerdict> {
    return receiveNotice(this.#application, callback, now);
  }

  verifyReturn(query: string, now: number): Promise<ReturnVerdict> {
    return receiveReturn(this.#application, query, now);
  }

  answer(reply: CallbackReply): CallbackAnswer {
    return answerNotice(reply);
  }
}
