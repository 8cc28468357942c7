/** The buyer's phone: the payment codes it shows to be scanned, and how it will answer. */
import { randomDigits } from "../crypto.ts";
import { MINUTE } from "../times.ts";

/** Why a payment by code can't be: ACQ sub_codes of alipay.trade.pay. */
export const CODE_FAILURES = {
  BUYER_BALANCE_NOT_ENOUGH: "买家余额不足",
  BUYER_BANKCARD_BALANCE_NOT_ENOUGH: "用户银行卡余额不足",
  ERROR_BALANCE_PAYMENT_DISABLE: "余额支付功能关闭",
  PULL_MOBILE_CASHIER_FAIL: "唤起移动收银台失败",
  MOBILE_PAYMENT_SWITCH_OFF: "用户的无线支付开关关闭",
  PAYMENT_FAIL: "支付失败",
  PAYMENT_REQUEST_HAS_RISK: "支付有风险",
  NO_PAYMENT_INSTRUMENTS_AVAILABLE: "没用可用的支付工具",
  USER_FACE_PAYMENT_SWITCH_OFF: "用户当面付付款开关关闭",
  REQUEST_AMOUNT_EXCEED: "请求支付金额超限",
  BUYER_ENABLE_STATUS_FORBID: "买家状态非法",
} as const;
export type CodeFailure = keyof typeof CODE_FAILURES;

export interface PaymentCode {
  readonly code: string;
  /** Whether the buyer has to confirm on the phone first. */
  readonly asksPassword: boolean;
  readonly failure: CodeFailure | undefined;
  readonly until: number;
}

interface CodeWishes {
  readonly asksPassword: boolean;
  readonly failure?: CodeFailure | undefined;
  /** A code of a payment by face. */
  readonly face?: boolean;
}

/** Our choice: a phone shows a new code every minute and takes the last two. */
const LIFE = 2 * MINUTE;

export class Phone {
  readonly #codes = new Map<string, PaymentCode>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Shows a new code, of 18 digits or, for a payment by face, 35 characters. */
  show(wishes: CodeWishes): PaymentCode {
    const { face = false, asksPassword, failure } = wishes;
    const code = face ? `fp${randomDigits(33)}` : `28${randomDigits(16)}`;
    const shown = { code, asksPassword, failure, until: this.#now() + LIFE };
    this.#codes.set(code, shown);
    return shown;
  }

  /** Takes a code that was scanned: each works once. Returns undefined for one that is unknown, used or too old. */
  scan(code: string): PaymentCode | undefined {
    const shown = this.#codes.get(code);
    this.#codes.delete(code);
    return shown && this.#now() < shown.until ? shown : undefined;
  }

  clear(): void {
    this.#codes.clear();
  }
}
