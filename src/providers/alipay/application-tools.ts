/** What an application does beside taking payments: bills, transfers, pre-authorisations, certificates. */
import { type CallOptions, callContext } from "../call-options.ts";
import type { Outcome } from "../outcome.ts";
import type { AlipayTransferDraft, TransferRef } from "../transfers.ts";
import type { Application } from "./application.ts";
import { type LedgerBill, requestBill, type TradeBill } from "./bills.ts";
import { type CertificateWarning, certificateWarnings } from "./certificate-warnings.ts";
import { AlipayPreAuthorisations } from "./pre-auth.ts";
import { AlipayTransfers } from "./transfers.ts";

/** A bill may be large, and whoever reads it may be slow. */
const BILL_TIMEOUT_MS = 10 * 60_000;

/** The part of Alipay that is not about trades. */
export class ApplicationTools {
  protected readonly application: Application;
  /** Freezes of buyers' money, and what is taken of them or set free. Its calls take a whole CallContext. */
  readonly preAuthorisations: AlipayPreAuthorisations;
  readonly #transfers: AlipayTransfers;

  constructor(application: Application) {
    this.application = application;
    this.preAuthorisations = new AlipayPreAuthorisations(application);
    this.#transfers = new AlipayTransfers(application.client);
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

  /** Puts a transfer into the text to send. Keep it: a repeat must be this very text. Certificate mode only. */
  prepareTransfer(transfer: AlipayTransferDraft) {
    return this.#transfers.prepare(transfer);
  }

  /** Pays a prepared transfer out. After an unknown answer query it: under a new number money could move twice. */
  createTransfer(transfer: TransferRef, options: CallOptions = {}) {
    return this.#transfers.create(transfer, callContext(options));
  }

  /** Asks for a transfer by its number. */
  queryTransfer(transfer: TransferRef, options: CallOptions = {}) {
    return this.#transfers.query(transfer, callContext(options));
  }

  /** Which of the configured certificates have lapsed, or will within 30 days. */
  certificateWarnings(now: number = Date.now()): readonly CertificateWarning[] {
    return certificateWarnings(this.application.config, now);
  }
}

function billContext({ signal = AbortSignal.timeout(BILL_TIMEOUT_MS), ...options }: CallOptions) {
  return callContext({ signal, ...options });
}
