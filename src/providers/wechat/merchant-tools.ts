/** What a merchant does beside moving money: bills, keys, encrypted fields, invocations. */
import { type CallOptions, callContext } from "../call-options.ts";
import type { AppInvocation, JsapiInvocation, MiniProgramInvocation } from "../credential.ts";
import type { Outcome } from "../outcome.ts";
import {
  type FundFlowBill,
  type FundFlowBillRequest,
  requestFundFlowBill,
  requestTradeBill,
  type TradeBill,
  type TradeBillRequest,
} from "./bills.ts";
import { type EchoResult, echo } from "./echo.ts";
import { encryptFields } from "./encrypted-fields.ts";
import { invocationSigner, type Merchant } from "./merchant.ts";
import { signApp, signJsapi, signMini } from "./pay-sign.ts";

/** A bill may be large, and whoever reads it may be slow. */
const BILL_TIMEOUT_MS = 10 * 60_000;

/** A field that only WeChat Pay can read. */
export interface EncryptedField {
  readonly ciphertext: string;
  /** Goes into the header `Wechatpay-Serial` of the request that the field is sent in. */
  readonly serial: string;
}

/** The part of WechatPay that moves no money. */
export class MerchantTools {
  protected readonly merchant: Merchant;

  constructor(merchant: Merchant) {
    this.merchant = merchant;
  }

  /**
   * Asks for the payments and refunds of a day. Its rows count once all of them have been read: they throw BillError
   * when the bill is not whole. Ten minutes for all of it, unless a signal says otherwise.
   */
  tradeBill(request: TradeBillRequest, options: CallOptions = {}): Promise<Outcome<TradeBill>> {
    return requestTradeBill(this.merchant.client, request, billContext(options));
  }

  /** Asks for the movements of an account on a day, as `tradeBill` does for trades. */
  fundFlowBill(request: FundFlowBillRequest, options: CallOptions = {}): Promise<Outcome<FundFlowBill>> {
    return requestFundFlowBill(this.merchant.client, request, billContext(options));
  }

  /** Downloads the platform certificates when they are due for it. Call it every few minutes in a long-lived process. */
  async renewCertificates(options: CallOptions = {}): Promise<void> {
    await this.merchant.client.renewKeys(callContext(options));
  }

  /** Has WeChat Pay repeat a message: signing, verifying and encrypting work with these keys when it is `ok`. */
  echo(message: string, options: CallOptions = {}): Promise<Outcome<EchoResult>> {
    return echo(this.merchant, message, callContext(options));
  }

  /** Encrypts a field of at most 214 bytes for WeChat Pay. `unknown` when its key can't be had now. */
  async encryptField(text: string, options: CallOptions = {}): Promise<Outcome<EncryptedField>> {
    const sealed = await encryptFields(this.merchant, { text }, callContext(options));
    if (sealed.kind !== "ok") return sealed;
    return { kind: "ok", value: { ciphertext: sealed.value.fields.text, serial: sealed.value.serial } };
  }

  /** Decrypts a field of a reply. Returns undefined when it was not encrypted for this merchant. */
  decryptField(ciphertext: string): Promise<string | undefined> {
    return this.merchant.client.decryptField(ciphertext);
  }

  /** Signs a prepay_id for an official account's page, anew each time. */
  async signJsapi(prepayId: string, now: () => number = Date.now): Promise<JsapiInvocation> {
    return signJsapi(prepayId, await invocationSigner(this.merchant, "WECHAT_JSAPI", { now }));
  }

  /** Signs a prepay_id for the mini program, anew each time. */
  async signMini(prepayId: string, now: () => number = Date.now): Promise<MiniProgramInvocation> {
    return signMini(prepayId, await invocationSigner(this.merchant, "WECHAT_MINI", { now }));
  }

  /** Signs a prepay_id for the mobile application, anew each time. */
  async signApp(prepayId: string, now: () => number = Date.now): Promise<AppInvocation> {
    return signApp(prepayId, await invocationSigner(this.merchant, "WECHAT_APP", { now }));
  }
}

function billContext({ signal = AbortSignal.timeout(BILL_TIMEOUT_MS), ...options }: CallOptions) {
  return callContext({ signal, ...options });
}
