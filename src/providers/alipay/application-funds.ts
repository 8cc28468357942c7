/** What an application does with money that is no trade (alipay.fund.*): transfers and pre-authorisations. */
import { type CallOptions, callContext } from "../call-options.ts";
import { ApplicationTools } from "./application-tools.ts";
import type { BarcodeFreeze, NewCapture, NewFreeze, NewRelease } from "./new-freeze.ts";
import { cancelFreeze, createVoucher, findFreeze, scanFreeze, signFreeze } from "./pre-auth-calls.ts";
import { freezeContent } from "./pre-auth-content.ts";
import { findOperation, sendOperation } from "./pre-auth-operation-calls.ts";
import { captureContent, releaseContent } from "./pre-auth-operations.ts";
import { type AlipayTransfer, type AskedTransfer, transferContent } from "./transfer-content.ts";
import { findTransfer, sendTransfer } from "./transfers.ts";

/** The part of Alipay that pays out and freezes. */
export class ApplicationFunds extends ApplicationTools {
  /**
   * Pays money out, for applications in certificate mode. After an unknown answer query it, and only if Alipay does not
   * know it say exactly the same again: under a new number money could move twice.
   */
  async transfer(transfer: AlipayTransfer, options: CallOptions = {}) {
    const request = transferContent(transfer);
    return sendTransfer(this.application, { outBillNo: transfer.outBillNo, request }, callContext(options));
  }

  /** Asks for a transfer by its number and the product that it was sent with. */
  queryTransfer(transfer: AskedTransfer, options: CallOptions = {}) {
    return findTransfer(this.application, transfer, callContext(options));
  }

  /** Signs what the mobile application hands to Alipay's SDK for the buyer to have money frozen. */
  async freezeApp(freeze: NewFreeze, options: CallOptions = {}) {
    const { outOrderNo } = freeze;
    const request = freezeContent({ ...freeze, channel: "app" }, this.application.config);
    return signFreeze(this.application, { outOrderNo, request }, callContext(options));
  }

  /** Creates a code that the buyer scans to have money frozen. */
  async freezeQr(freeze: NewFreeze, options: CallOptions = {}) {
    const { outOrderNo } = freeze;
    const request = freezeContent({ ...freeze, channel: "qr" }, this.application.config);
    return createVoucher(this.application, { outOrderNo, request }, callContext(options));
  }

  /** Freezes money by the bar code on the buyer's phone: `frozen` at once, or `pending` until the buyer confirms it there. */
  async freezeBarcode(freeze: BarcodeFreeze, options: CallOptions = {}) {
    const { outOrderNo } = freeze;
    const request = freezeContent({ ...freeze, channel: "barcode" }, this.application.config);
    return scanFreeze(this.application, { outOrderNo, request }, callContext(options));
  }

  /** Asks for a freeze. `not_found` may also mean that the buyer has not opened it yet, and still can. */
  queryFreeze(outOrderNo: string, options: CallOptions = {}) {
    return findFreeze(this.application, outOrderNo, callContext(options));
  }

  /** Ends a freeze of which nothing was captured or released: what was frozen goes back. Safe to repeat. */
  cancelFreeze(outOrderNo: string, options: CallOptions = {}) {
    return cancelFreeze(this.application, outOrderNo, callContext(options));
  }

  /** Takes frozen money. No notice tells of it: after an unknown answer query it. `refund` gives it back. */
  async capture(capture: NewCapture, options: CallOptions = {}) {
    const { outTradeNo: number, subject: title, final = false } = capture;
    const request = captureContent({ ...capture, number, title, final });
    return sendOperation(this.application, { kind: "CAPTURE", number, request }, callContext(options));
  }

  /** Asks for a capture by its payment's number. One that was refunded since is a `success` still. */
  queryCapture(outTradeNo: string, options: CallOptions = {}) {
    return findOperation(this.application, { kind: "CAPTURE", number: outTradeNo }, callContext(options));
  }

  /** Releases frozen money. */
  async release(release: NewRelease, options: CallOptions = {}) {
    const { outRequestNo: number, remark: title } = release;
    const request = releaseContent({ ...release, number, title });
    return sendOperation(this.application, { kind: "UNFREEZE", number, request }, callContext(options));
  }

  /** Asks for a release by its number and its freeze's. */
  queryRelease(release: { readonly outOrderNo: string; readonly outRequestNo: string }, options: CallOptions = {}) {
    const { outOrderNo, outRequestNo: number } = release;
    return findOperation(this.application, { kind: "UNFREEZE", number, outOrderNo }, callContext(options));
  }
}
