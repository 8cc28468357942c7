/**
 * Alipay's open platform (mainland, RSA2) for one application, by itself: `fetch` and WebCrypto are all it needs.
 *
 * Amounts are integers in fen, times are Dates. Every call ends in an Outcome: `ok`; `refused`, a definite no;
 * `later`, the same call may succeed another time; `unknown`, it may or may not have taken effect. After the last two
 * query, or repeat the call with the same input and `firstSend: false`: under a new number money could move twice.
 *
 * Input that Alipay would not take makes methods reject with InputError, keys that can't be used with KeyFormatError.
 *
 *     const alipay = new Alipay(config);
 *     const trade = { outTradeNo: "ORDER_1", subject: "龙井茶", amount: fen(9900), expiresAt };
 *     const created = await alipay.createQr(trade);
 *     if (created.kind === "ok") showQrCode(created.value.credential.qrCode);
 */
import { type CallOptions, callContext } from "../call-options.ts";
import type { ProviderRuntime } from "../exchange.ts";
import { openApplication } from "./application.ts";
import { ApplicationFunds } from "./application-funds.ts";
import type { AlipayConfig } from "./config.ts";
import { cancelTrade, closeTrade } from "./end-trade.ts";
import { findTrade } from "./find-trade.ts";
import type { BarcodeTrade, JsapiTrade, NewTrade, WapTrade, WebTrade } from "./new-trade.ts";
import { type OpenedMethod, openTrade } from "./open-trade.ts";
import type { AlipayDetails } from "./options.ts";
import { payTrade } from "./pay-trade.ts";
import { findRefund, startRefund } from "./refund-calls.ts";
import { type AlipayRefundDraft, type AlipayRefundQuery, refundContent, tradeOf } from "./refunds.ts";
import { newTradeText } from "./trade-content.ts";

export { KeyFormatError } from "../../crypto/pem.ts";
export { type Fen, fen } from "../../money.ts";
export type * from "../attempt.ts";
export { BillError } from "../bills/error.ts";
export type * from "../call.ts";
export type { CallOptions } from "../call-options.ts";
export type * from "../callback.ts";
export type * from "../credential.ts";
export type * from "../details.ts";
export { InputError } from "../input-error.ts";
export type * from "../outcome.ts";
export type * from "../pre-authorisation.ts";
export type * from "../provider.ts";
export type * from "../refund.ts";
export type * from "../trade.ts";
export type * from "../transfers.ts";
export type { AppResult } from "./app-returned.ts";
export type * from "./bills.ts";
export type { CertificateWarning } from "./certificate-warnings.ts";
export type { AlipayCertificates, AlipayConfig } from "./config.ts";
export type { TradeEnd } from "./end-trade.ts";
export type { FoundTrade } from "./find-trade.ts";
export type * from "./new-freeze.ts";
export type * from "./new-trade.ts";
export type { OpenedTrade } from "./open-trade.ts";
export type { BarcodePayment } from "./pay-trade.ts";
export type { AlipayRefundDraft, AlipayRefundQuery } from "./refunds.ts";
export type { ReturnedTrade } from "./returned.ts";
export type { AlipayTransfer, AskedTransfer } from "./transfer-content.ts";

/** Speaks for one application. Holds keys, and no state of trades. */
export class Alipay extends ApplicationFunds {
  /** @param runtime the platform's own fetch where left out */
  constructor(config: AlipayConfig, runtime: Partial<ProviderRuntime> = {}) {
    super(openApplication(config, { fetch: (input, init) => fetch(input, init), ...runtime }));
  }

  /** Signs a page for computers: an address to go to, and a form that posts itself. Alipay hears of it from the buyer. */
  createWeb(trade: WebTrade, options: CallOptions = {}) {
    return this.#open(trade, { ...trade, method: "ALIPAY_WEB" }, options);
  }

  /** Signs a page for phones, as `createWeb` does for computers. */
  createWap(trade: WapTrade, options: CallOptions = {}) {
    return this.#open(trade, { ...trade, method: "ALIPAY_WAP" }, options);
  }

  /** Signs what the mobile application hands to Alipay's SDK. */
  createApp(trade: NewTrade, options: CallOptions = {}) {
    return this.#open(trade, { ...trade, method: "ALIPAY_APP" }, options);
  }

  /** Creates a trade to be paid by scanning; gives the text of the QR code, good for two hours. */
  createQr(trade: NewTrade, options: CallOptions = {}) {
    return this.#open(trade, { ...trade, method: "ALIPAY_QR" }, options);
  }

  /** Creates a trade for a mini program; gives the trade_no for `my.tradePay`. */
  createJsapi(trade: JsapiTrade, options: CallOptions = {}) {
    return this.#open(trade, { ...trade, method: "ALIPAY_JSAPI" }, options);
  }

  /**
   * Takes a payment by the bar code on the buyer's phone. `pending`: the buyer has to confirm it there. Then, and after
   * an unknown answer, query every few seconds for a minute, and `cancel` what is not paid by then.
   */
  async payBarcode(trade: BarcodeTrade, options: CallOptions = {}) {
    const details = { ...trade, method: "ALIPAY_BARCODE" } as const;
    const request = newTradeText(trade, details, this.application.config);
    return payTrade(this.application, { outTradeNo: trade.outTradeNo, request }, callContext(options));
  }

  /**
   * Asks for a trade. Paid means status `paid` and the amount that you asked for. `not_found` may also mean that the buyer
   * has not opened the cashier yet, and it can still be paid until it expires.
   */
  queryByOutTradeNo(outTradeNo: string, options: CallOptions = {}) {
    return findTrade(this.application, { outTradeNo }, callContext(options));
  }

  /** Asks for a trade by Alipay's own number. */
  queryByTradeNo(tradeNo: string, options: CallOptions = {}) {
    return findTrade(this.application, { tradeNo }, callContext(options));
  }

  /**
   * Closes an unpaid trade: `closed`; `not_started`, unknown there and payable until it expires; `not_closable`, it is paid
   * or has been closed before: query it.
   */
  close(outTradeNo: string, options: CallOptions = {}) {
    return closeTrade(this.application, outTradeNo, callContext(options));
  }

  /**
   * Cancels a payment in doubt within 24 hours. `refunded`: it had been paid, and the money has gone back. `not_closable`: too
   * late, or there is no money to give back: query it.
   */
  cancel(outTradeNo: string, options: CallOptions = {}) {
    return cancelTrade(this.application, outTradeNo, callContext(options));
  }

  /** Gives money back. `processing`: accepted, and `queryRefund` tells the end; a full refund of a QR trade is not notified. */
  async refund(refund: AlipayRefundDraft, options: CallOptions = {}) {
    const asked = { ...refund, trade: tradeOf(refund), request: refundContent(refund) };
    return startRefund(this.application, asked, callContext(options));
  }

  /** Asks for a refund by its number and its trade's. Only `success` is certain: see `findRefund`. */
  async queryRefund(refund: AlipayRefundQuery, options: CallOptions = {}) {
    return findRefund(this.application, { ...refund, trade: tradeOf(refund) }, callContext(options));
  }

  async #open<M extends OpenedMethod>(
    trade: NewTrade,
    details: AlipayDetails & { readonly method: M },
    options: CallOptions,
  ) {
    const { method } = details;
    const { outTradeNo, expiresAt } = trade;
    const request = newTradeText(trade, details, this.application.config);
    return openTrade<M>(this.application, { method, outTradeNo, expiresAt, request }, callContext(options));
  }
}
