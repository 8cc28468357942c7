/** What an application does without moving money: bills, certificates, and messages to verify. */
import { type CallOptions, callContext } from "../call-options.ts";
import type { CallbackReply, RawCallback } from "../callback.ts";
import type { Outcome } from "../outcome.ts";
import { receiveAppResult } from "./app-returned.ts";
import type { Application } from "./application.ts";
import { type LedgerBill, requestBill, type TradeBill } from "./bills.ts";
import { type CertificateWarning, certificateWarnings } from "./certificate-warnings.ts";
import { answerNotice, receiveNotice } from "./notify.ts";
import { receiveReturn } from "./returned.ts";

/** A bill may be large, and whoever reads it may be slow. */
const BILL_TIMEOUT_MS = 10 * 60_000;

/** The part of Alipay that moves no money. */
export class ApplicationTools {
  protected readonly application: Application;

  constructor(application: Application) {
    this.application = application;
  }

  /**
   * Asks for the payments and refunds of a day (`YYYY-MM-DD`) or a month (`YYYY-MM`). Its rows count once all of them
   * have been read: they throw BillError when the bill is not whole. Ten minutes for all of it, unless a signal says otherwise.
   */
  tradeBill(billDate: string, options: CallOptions = {}): Promise<Outcome<TradeBill>> {
    return requestBill(this.application.client, { billType: "trade", billDate }, billContext(options));
  }

  /** Asks for every change of the account in a day or a month, as `tradeBill` does for trades. */
  ledgerBill(billDate: string, options: CallOptions = {}): Promise<Outcome<LedgerBill>> {
    return requestBill(this.application.client, { billType: "signcustomer", billDate }, billContext(options));
  }

  /** Which of the configured certificates have lapsed, or will within 30 days. */
  certificateWarnings(now: number = Date.now()): readonly CertificateWarning[] {
    return certificateWarnings(this.application.config, now);
  }

  /** Verifies a notice over its raw bytes and says what it means, whichever address it was sent to. */
  readNotice(callback: Pick<RawCallback, "body">, now: number = Date.now()) {
    return receiveNotice(this.application, callback, now);
  }

  /** The answer to a notice. */
  answerNotice(reply: CallbackReply) {
    return answerNotice(reply);
  }

  /** Verifies the query that a browser came back with. It proves no payment: query the trade. */
  readReturn(query: string, now: number = Date.now()) {
    return receiveReturn(this.application, query, now);
  }

  /** Verifies what the application got back from Alipay's SDK. It proves no payment: query the trade. */
  verifyAppResult(text: string, now: number = Date.now()) {
    return receiveAppResult(this.application, text, now);
  }
}

function billContext({ signal = AbortSignal.timeout(BILL_TIMEOUT_MS), ...options }: CallOptions) {
  return callContext({ signal, ...options });
}
