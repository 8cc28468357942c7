/** What every error of Alipay's means for every call, as its pages say it, apart from the table in the product. */
import type { CALLS } from "./alipay-application.ts";

export type Operation = keyof typeof CALLS;

const COLUMNS: readonly Operation[] = [
  ...(["precreate", "create", "pay", "capture", "refund", "cancel", "transfer"] as const),
  ...(["freeze", "unfreeze", "auth_cancel"] as const),
  ...(["query", "close", "refund_query", "transfer_query", "auth_query", "bill"] as const),
];

/**
 * `R` a definite no, and after an earlier send an echo of it; `D` a definite no, however often; `L` not now; `E` the
 * trace of an earlier send; `N` there is no such thing; `U` nobody has opened the trade; `C` it can't be closed; `0` there is no
 * bill; a dot says nothing. Codes on one line mean the same for every call.
 */
const MATRIX = `
R R R R R R R  R R R  . . . . . .  INVALID_PARAMETER
R R R R . . .  R . .  . . . . . .  ACCESS_FORBIDDEN EXIST_FORBIDDEN_WORD
R R R R R . .  R . .  . . . . . .  BUYER_ENABLE_STATUS_FORBID
R R R R . . .  . . .  . . . . . .  BEYOND_PAY_RESTRICTION BEYOND_PER_RECEIPT_RESTRICTION BUYER_SELLER_EQUAL
R R R R . . .  . . .  . . . . . .  BEYOND_PER_RECEIPT_DAY_RESTRICTION BEYOND_PER_RECEIPT_SINGLE_RESTRICTION
R R R R . . .  . . .  . . . . . .  ERROR_BUYER_CERTIFY_LEVEL_LIMIT INVALID_RECEIVE_ACCOUNT
R R R R . . .  . . .  . . . . . .  INVALID_STORE_ID NOW_TIME_AFTER_EXPIRE_TIME_ERROR PARTNER_ERROR TRADE_BUYER_NOT_MATCH
R R R R . . .  . . .  . . . . . .  SELLER_BEEN_BLOCKED SUB_GOODS_SIZE_MAX_COUNT TOTAL_FEE_EXCEED
E E E E . . .  . . .  . . . . . .  TRADE_HAS_SUCCESS CONTEXT_INCONSISTENT CONTEXT_INCONSISTENT
R R R R R . .  . . .  . . . . . .  TRADE_HAS_CLOSE
. . R R . . .  R . .  . . . . . .  PAYMENT_AUTH_CODE_INVALID REQUEST_AMOUNT_EXCEED NO_PAYMENT_INSTRUMENTS_AVAILABLE
. . R R . . .  . . .  . . . . . .  AGREEMENT_NOT_EXIST AGREEMENT_ERROR AUTH_NO_ERROR AUTH_TOKEN_IS_NOT_EXIST
. . R R . . .  . . .  . . . . . .  BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH PAYMENT_FAIL
. . R R . . .  . . .  . . . . . .  ERROR_BALANCE_PAYMENT_DISABLE MOBILE_PAYMENT_SWITCH_OFF PAYMENT_REQUEST_HAS_RISK
. . R R . . .  . . .  . . . . . .  PULL_MOBILE_CASHIER_FAIL USER_FACE_PAYMENT_SWITCH_OFF
. . . . R . .  . . .  . . . . . .  ALLOC_AMOUNT_VALIDATE_ERROR BUYER_ERROR BUYER_NOT_EXIST CURRENCY_NOT_SUPPORT
. . . . R . .  . . .  . . . . . .  CUSTOMER_VALIDATE_ERROR NOT_ALLOW_PARTIAL_REFUND REFUND_ACCOUNT_NOT_EXIST
. . . . R . .  . . .  . . . . . .  ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND REFUND_AMT_NOT_EQUAL_TOTAL REFUND_FEE_ERROR
. . . . R . .  . . .  . . . . . .  TRADE_NOT_ALLOW_REFUND TRADE_SETTLE_ERROR USER_NOT_MATCH_ERR
. . . . R . .  . . N  N U N . N .  TRADE_NOT_EXIST
. . . . R . .  . . .  . C . . . .  TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID
. . . . . . .  . . .  . C . . . .  REASON_ILLEGAL_STATUS
. . . . E . .  . . .  . . . . . .  DISCORDANT_REPEAT_REQUEST
. . . . L . .  . . .  . . . . . .  REFUND_CHARGE_ERROR
. . . . L C .  . . .  . . . . . .  SELLER_BALANCE_NOT_ENOUGH
. . . . R C .  . . .  . . . . . .  REASON_TRADE_BEEN_FREEZEN REASON_TRADE_REFUND_FEE_ERR TRADE_HAS_FINISHED
. . . . . C .  . . .  . . . . . .  CANCEL_NOT_ALLOWED TRADE_CANCEL_TIME_OUT
. . . . . . .  . . .  . . . . . D  INVAILID_ARGUMENTS
. . . . . . .  . . .  . . . . . 0  BILL_NOT_EXIST
. . . . . . R  . . .  . . . . . .  ACCOUNT_NOT_EXIST BLOCK_USER_FORBBIDEN_RECIEVE EXCEED_LIMIT_SM_AMOUNT
. . . . . . R  . . .  . . . . . .  EXCEED_LIMIT_PERSONAL_SM_AMOUNT IDENTITY_FUND_RELATION_NOT_FOUND ILLEGAL_OPERATION
. . . . . . R  . . .  . . . . . .  MEMO_REQUIRED_IN_TRANSFER_ERROR NO_ACCOUNTBOOK_PERMISSION NO_ORDER_PERMISSION
. . . . . . R  . . .  . . . . . .  PAYCARD_UNABLE_PAYMENT PAYEE_ACC_OCUPIED PAYEE_NOT_EXIST PAYEE_USER_INFO_ERROR
. . . . . . R  . . .  . . . . . .  PAYER_CERT_EXPIRED PAYER_DATA_INCOMPLETE PAYER_STATUS_ERROR PAYER_USERINFO_NOT_EXSIT
. . . . . . R  . . .  . . . . . .  PERMIT_CHECK_PERM_LIMITED PERMIT_NON_BANK_LIMIT_PAYEE PERMIT_PAYER_LOWEST_FORBIDDEN
. . . . . . R  . . .  . . . . . .  REMARK_HAS_SENSITIVE_WORD SECURITY_CHECK_FAILED
. . . . . . L  . . .  . . . . . .  PAYER_BALANCE_NOT_ENOUGH BALANCE_IS_NOT_ENOUGH
. . . . . . E  . . .  . . . . . .  PAYMENT_INFO_INCONSISTENCY
. . . . . . .  . . .  . . . N . .  ORDER_NOT_EXIST
. . . . . . .  R . .  . . . . . .  PAYER_NOT_EXIST PAYER_NOT_MATCH USER_STATUS_NOT_SUPPORT ORDER_ALREADY_CLOSED
. . R R . . .  . R N  . . . . N .  AUTH_ORDER_NOT_EXIST
. . R R . . .  . . N  . . . . N .  AUTH_OPERATION_NOT_EXIST
. . R R . . .  . R R  . . . . . .  AUTH_ORDER_HAS_FINISHED
. . R R . . .  . R .  . . . . . .  AUTH_AMOUNT_NOT_ENOUGH
. . . . . . .  . R R  . . . . . .  ORDER_ALREADY_FINISH
. . . . . . E  . . .  . . . . . .  PAYMENT_INFO_INCONSISTENCY
. . . . E . .  E E .  . . . . . .  DUP_OUT_REQUEST_NO
L L L L L L L  L L L  L L L L L L  FREQUENCY_LIMITED
. . . . . . .  . R .  . . . . . .  UNFREEZE_AMOUNT_EXCEED
. . . . . . .  E E .  . . . . . .  UNIQUE_VIOLATION
. . . . E . .  E E .  . . . . . .  DUP_OUT_REQUEST_NO
L L L L L L L  L L L  L L L L L L  FREQUENCY_LIMITED
. . . . . . .  . . .  . . . . . .  SYSTEM_ERROR UNKNOWN_ERROR REQUEST_PROCESSING ENTERPRISE_PAY_BIZ_ERROR A_CODE_OF_TOMORROW
R R R R R R R  R R R  . . . . . D  20001:aop.invalid-auth-token 40001:isv.missing-method
R R R R R R R  R R R  . . . . . D  40002:isv.invalid-signature 40002:isv.code-invalid 40003:isv.decryption-error-unknown
R R R R R R R  R R R  . . . . . D  40006:isv.insufficient-isv-permissions
L L L L L L L  L L L  L L L L L L  40005:isv.app-call-limited 40005:isv.method-call-limited
`;

/** What a call comes to, the first time and when its number was sent before; `*` stands for the code. */
const MEANINGS: Readonly<Record<string, { readonly first: string; readonly later: string }>> = {
  R: { first: "refused *", later: "unknown echo" },
  D: { first: "refused *", later: "refused *" },
  L: { first: "later *", later: "later *" },
  E: { first: "unknown echo", later: "unknown echo" },
  N: { first: "ok not_found", later: "ok not_found" },
  U: { first: "ok not_started", later: "ok not_started" },
  C: { first: "ok not_closable", later: "ok not_closable" },
  "0": { first: "ok none", later: "ok none" },
  ".": { first: "unknown unlisted", later: "unknown unlisted" },
};

/** An error, and what it means for each call. */
interface ErrorRow {
  /** As the trade core calls it, without a prefix; a gateway error's whole sub_code. */
  readonly code: string;
  /** What goes before it in an answer: 40004 for the trade core. */
  readonly gatewayCode: string;
  readonly cells: readonly string[];
  /** Whether it is the first of those that mean the same everywhere. */
  readonly isFirstOfItsKind: boolean;
}

export const ROWS: readonly ErrorRow[] = MATRIX.trim().split("\n").flatMap(rowsOf);

function rowsOf(line: string): readonly ErrorRow[] {
  const words = line.split(/\s+/);
  const cells = words.slice(0, COLUMNS.length);
  if (cells.some((cell) => !(cell in MEANINGS))) throw new Error(`not one cell for each call: ${line}`);
  return words.slice(COLUMNS.length).map((word, index) => {
    const [code = "", gatewayCode = "40004"] = word.split(":").reverse();
    return { code, gatewayCode, cells, isFirstOfItsKind: index === 0 };
  });
}

/** The calls that an error means something for. */
export function meantFor({ cells }: ErrorRow): readonly Operation[] {
  return COLUMNS.filter((_, column) => cells[column] !== ".");
}

/** What each of some calls should come to that hears an error under this spelling, in two words. */
export function meaningFor(row: ErrorRow, operations: readonly Operation[], send: "first" | "later", spelt: string) {
  const expected = operations.map((operation) => {
    const meaning = MEANINGS[row.cells[COLUMNS.indexOf(operation)] ?? ""];
    return [operation, meaning?.[send].replace("*", spelt)] as const;
  });
  return Object.fromEntries(expected);
}
