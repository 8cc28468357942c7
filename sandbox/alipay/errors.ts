/** Alipay's refusals: always HTTP 200, a code of five digits and a sub_code that says what is wrong. */
import type { Fault, Operation } from "../faults.ts";

const MESSAGES = {
  "20000": "Service Currently Unavailable",
  "20001": "Insufficient Token Permissions",
  "40001": "Missing Required Arguments",
  "40002": "Invalid Arguments",
  "40003": "Insufficient Conditions",
  "40004": "Business Failed",
  "40005": "Call Limited",
  "40006": "Insufficient Permissions",
} as const;

type Code = keyof typeof MESSAGES;

export class AlipayError extends Error {
  readonly code: Code;
  readonly subCode: string;

  constructor(code: Code, subCode: string, subMessage: string) {
    super(subMessage);
    this.code = code;
    this.subCode = subCode;
  }

  /** The members of the answer's node. */
  get node(): Record<string, string> {
    return { code: this.code, msg: MESSAGES[this.code], sub_code: this.subCode, sub_msg: this.message };
  }
}

/** A refusal of the trade core: 40004 with an ACQ sub_code. */
export function businessError(subCode: string, message: string): AlipayError {
  return new AlipayError("40004", `ACQ.${subCode}`, message);
}

const CODES_BY_PREFIX: readonly (readonly [string, Code])[] = [
  ["isp.", "20000"],
  ["aop.unknow", "20000"],
  ["isv.missing-signature-config", "40003"],
  ["isv.missing", "40001"],
  ["isv.app-call", "40005"],
  ["isv.method-call", "40005"],
  ["isv.insufficient", "40006"],
  ["isv.decryption-error-missing", "40001"],
  ["isv.decryption-error-not-valid-encrypt-type", "40002"],
  ["isv.decryption-error", "40003"],
  ["aop.", "20001"],
  ["isv.", "40002"],
];

const DEFAULTS: Readonly<Partial<Record<Fault["kind"], string>>> = {
  gbk_error: "aop.unknow-error",
  error_response: "isv.code-invalid",
};

/** Calls whose own codes have no ACQ before them: they are not answered by the trade core. */
const UNPREFIXED: readonly Operation[] = [
  "transfer",
  "transfer_query",
  "auth_freeze",
  "auth_query",
  "auth_unfreeze",
  "auth_cancel",
  "bill",
];

/** The refusal that a test asks for, spelt as the call would, under the code that its sub_code belongs to. */
export function requestedError(fault: Fault, operation: Operation): AlipayError {
  const wanted = fault.code ?? DEFAULTS[fault.kind] ?? "INVALID_PARAMETER";
  const code = CODES_BY_PREFIX.find(([prefix]) => wanted.startsWith(prefix))?.[1] ?? "40004";
  const hasNone = /^[A-Z]/.test(wanted) && !wanted.includes(".");
  const isCore = hasNone && !fault.bare && !UNPREFIXED.includes(operation);
  return new AlipayError(code, isCore ? `ACQ.${wanted}` : wanted, fault.message);
}
