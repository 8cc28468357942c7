/**
 * WeChat Pay V3 for a merchant in direct mode, by itself: `fetch` and WebCrypto are all it needs.
 *
 * Amounts are integers in fen, times are Dates. Every call ends in an Outcome: `ok`; `refused`, a definite no;
 * `later`, the same call may succeed another time; `unknown`, it may or may not have taken effect. After the last two
 * query, or repeat the call with the same input and `firstSend: false`: under a new number money could move twice.
 *
 * Input that WeChat Pay would not take makes methods reject with InputError, keys that can't be used with KeyFormatError.
 *
 *     const wechat = new WechatPay(config);
 *     const trade = { outTradeNo: "ORDER-1", description: "龙井茶", amount: fen(9900), expiresAt };
 *     const created = await wechat.createNative(trade);
 *     if (created.kind === "ok") showQrCode(created.value.credential.codeUrl);
 */
import { type CallOptions, callContext } from "../call-options.ts";
import type { CallbackReply, RawCallback } from "../callback.ts";
import type { CombinedDraft } from "../combined.ts";
import type { ProviderRuntime } from "../exchange.ts";
import type { WechatMethod } from "../methods.ts";
import type { AbnormalRefundTarget } from "../refund.ts";
import type { PreparedTransfer, WechatTransferDraft } from "../transfers.ts";
import { type AskedPayment, WechatCombinedPayments } from "./combined.ts";
import type { WechatPayConfig } from "./config.ts";
import { openMerchant } from "./merchant.ts";
import { MerchantTools } from "./merchant-tools.ts";
import { draftOf, type H5Trade, type NewTrade, type PayerTrade } from "./new-trade.ts";
import { answerCallback, receiveCallback } from "./notify.ts";
import type { WechatDetails } from "./options.ts";
import { withReturnUrl } from "./products.ts";
import { applyAbnormalRefund, findRefund, startRefund } from "./refund-calls.ts";
import { refundBody, type WechatRefundDraft } from "./refunds.ts";
import { closeTrade, createTrade, findTrade } from "./trade-calls.ts";
import { createBody } from "./trades.ts";
import { WechatTransfers } from "./transfers.ts";

export { KeyFormatError } from "../../crypto/pem.ts";
export { type Fen, fen } from "../../money.ts";
export type * from "../attempt.ts";
export { BillError } from "../bills/error.ts";
export type * from "../call.ts";
export type { CallOptions } from "../call-options.ts";
export type * from "../callback.ts";
export type * from "../combined.ts";
export type * from "../credential.ts";
export type * from "../details.ts";
export { InputError } from "../input-error.ts";
export type * from "../outcome.ts";
export type * from "../provider.ts";
export type * from "../refund.ts";
export type * from "../trade.ts";
export type * from "../transfers.ts";
export type * from "./bills.ts";
export type * from "./new-trade.ts";
export type { RefundedGoods } from "./refunds.ts";
export type { FoundTrade, OpenedTrade } from "./trade-calls.ts";
export type { FoundTransfer } from "./transfers.ts";
export type { WechatPayConfig, WechatRefundDraft };

/** Speaks for one merchant and its applications. Holds keys, and no state of trades. */
export class WechatPay extends MerchantTools {
  readonly #combined: WechatCombinedPayments;
  readonly #transfers: WechatTransfers;

  /** @param runtime the platform's own fetch and random bytes where left out */
  constructor(config: WechatPayConfig, runtime: Partial<ProviderRuntime> = {}) {
    super(openMerchant(config, { fetch: (input, init) => fetch(input, init), ...runtime }));
    this.#combined = new WechatCombinedPayments(this.merchant);
    this.#transfers = new WechatTransfers(this.merchant);
  }

  /** Creates a trade for an official account's page; gives what `WeixinJSBridge.invoke` takes. */
  createJsapi(trade: PayerTrade, options: CallOptions = {}) {
    return this.#create(trade, { ...trade, method: "WECHAT_JSAPI" }, options);
  }

  /** Creates a trade for the mini program; gives what `wx.requestPayment` takes. */
  createMini(trade: PayerTrade, options: CallOptions = {}) {
    return this.#create(trade, { ...trade, method: "WECHAT_MINI" }, options);
  }

  /** Creates a trade to be paid by scanning; gives the text of the QR code. */
  createNative(trade: NewTrade, options: CallOptions = {}) {
    return this.#create(trade, { ...trade, method: "WECHAT_NATIVE" }, options);
  }

  /** Creates a trade for the mobile application; gives what OpenSDK's PayReq takes. */
  createApp(trade: NewTrade, options: CallOptions = {}) {
    return this.#create(trade, { ...trade, method: "WECHAT_APP" }, options);
  }

  /** Creates a trade for a browser outside of WeChat; gives the address to go to. */
  async createH5({ returnUrl, ...trade }: H5Trade, options: CallOptions = {}) {
    const created = await this.#create(trade, { ...trade, method: "WECHAT_H5" }, options);
    if (created.kind !== "ok" || returnUrl === undefined) return created;
    const { credential, credentialExpiresAt } = created.value;
    const h5Url = withReturnUrl(credential.h5Url, returnUrl);
    return { ...created, value: { credential: { ...credential, h5Url }, credentialExpiresAt } };
  }

  /** Asks for a trade in any state. Paid means status `paid` and the amount that you asked for. */
  queryByOutTradeNo(outTradeNo: string, options: CallOptions = {}) {
    return findTrade(this.merchant, { outTradeNo }, callContext(options));
  }

  /** Asks for a paid trade by WeChat Pay's own number. */
  queryByTransactionId(transactionId: string, options: CallOptions = {}) {
    return findTrade(this.merchant, { transactionId }, callContext(options));
  }

  /** Closes an unpaid trade: `closed`, also for one that never was; `paid`, too late; `not_started`, unknown there. */
  close(outTradeNo: string, options: CallOptions = {}) {
    return closeTrade(this.merchant, outTradeNo, callContext(options));
  }

  /** Asks for a refund. It has been accepted then, and is under way: a callback or a query tells its end. */
  async refund(refund: WechatRefundDraft, options: CallOptions = {}) {
    const request = refundBody(refund, this.merchant.config);
    return startRefund(this.merchant, { ...refund, request }, callContext(options));
  }

  /** Asks for a refund by its number. */
  queryRefund(outRefundNo: string, options: CallOptions = {}) {
    return findRefund(this.merchant, { outRefundNo }, callContext(options));
  }

  /** Sends the money of an ABNORMAL refund to another card. `providerRefundNo` is WeChat Pay's refund_id. */
  applyAbnormalRefund(
    refund: { readonly outRefundNo: string; readonly providerRefundNo: string },
    target: AbnormalRefundTarget,
    options: CallOptions = {},
  ) {
    return applyAbnormalRefund(this.merchant, refund, target, callContext(options));
  }

  /** Creates one payment for two to ten orders. */
  async createCombined<M extends WechatMethod>(
    payment: CombinedDraft & { readonly details: { readonly method: M } },
    options: CallOptions = {},
  ) {
    const trade = {
      method: payment.details.method,
      request: this.#combined.prepare(payment),
      expiresAt: payment.expiresAt,
    };
    return createTrade<M>(this.merchant, trade, callContext(options), "combined");
  }

  /** Asks for all trades of a combined payment, which must be named. Queries of single trades don't find them. */
  queryCombined(payment: AskedPayment, options: CallOptions = {}) {
    return this.#combined.query(payment, callContext(options));
  }

  /** Closes all trades of a combined payment, which must be named. */
  closeCombined(payment: AskedPayment, options: CallOptions = {}) {
    return this.#combined.close(payment, callContext(options));
  }

  /** Puts a transfer into the text to send, encrypting the name. Keep it: a repeat must be this very text. */
  prepareTransfer(transfer: WechatTransferDraft, options: CallOptions = {}) {
    return this.#transfers.prepare(transfer, callContext(options));
  }

  /** Asks for a prepared transfer. The user confirms it with what `confirmation` holds. */
  createTransfer(transfer: PreparedTransfer & { readonly outBillNo: string }, options: CallOptions = {}) {
    return this.#transfers.create(transfer, callContext(options));
  }

  /** Asks for a transfer of the last 30 days. */
  queryTransfer(outBillNo: string, options: CallOptions = {}) {
    return this.#transfers.query({ outBillNo }, callContext(options));
  }

  /** Asks for a transfer of the last 30 days by WeChat Pay's own number. */
  queryTransferByBillNo(transferBillNo: string, options: CallOptions = {}) {
    return this.#transfers.queryByBillNo(transferBillNo, callContext(options));
  }

  /** Takes a transfer back that the user has not confirmed. It is under way then: a query tells its end. */
  cancelTransfer(outBillNo: string, options: CallOptions = {}) {
    return this.#transfers.cancel({ outBillNo }, callContext(options));
  }

  /** Verifies a callback over its raw bytes and says what it means. Answer it by `answerCallback` within 5 seconds. */
  readCallback(callback: RawCallback, now: number = Date.now()) {
    return receiveCallback(this.merchant, callback, now);
  }

  /** The answer to a callback, in the form that it came in. */
  answerCallback(reply: CallbackReply, callback: RawCallback) {
    return answerCallback(reply, callback);
  }

  async #create<M extends WechatMethod>(
    trade: NewTrade,
    details: WechatDetails & { readonly method: M },
    call: CallOptions,
  ) {
    const { method } = details;
    const request = createBody(draftOf(trade, details), this.merchant.config);
    return createTrade<M>(this.merchant, { method, request, expiresAt: trade.expiresAt }, callContext(call));
  }
}
