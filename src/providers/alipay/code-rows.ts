/** Alipay's error codes, one by one. Their prefix `ACQ.` is left out; a `*` stands for the rest of a family's names. */
import type { AlipayOperation } from "./codes.ts";

/**
 * A code, and the calls for which it is a definite no (`refused`), a not now (`later`), or the trace of an earlier
 * request under the same number (`echo`). For all other calls it says nothing: queries and closing change nothing by
 * failing, so no code of theirs is a refusal of the trade; what codes tell of a trade to be closed or cancelled is in
 * end-trade.ts. Codes that are in no row, such as SYSTEM_ERROR and REQUEST_PROCESSING, never say anything.
 */
export interface CodeRow {
  readonly code: string;
  readonly refused?: readonly AlipayOperation[];
  readonly later?: readonly AlipayOperation[];
  readonly echo?: readonly AlipayOperation[];
}

const ORDERS: readonly AlipayOperation[] = ["precreate", "create", "pay"];
const AUTHS: readonly AlipayOperation[] = ["freeze", "unfreeze", "auth_cancel"];
const WRITES: readonly AlipayOperation[] = [...ORDERS, "refund", "cancel", "transfer", ...AUTHS];
const READS: readonly AlipayOperation[] = ["query", "close", "refund_query", "transfer_query", "auth_query"];

/** What the gateway itself says, before any trade is looked at. Its code decides; `sub_code` only explains. */
export const GATEWAY_CODES: readonly CodeRow[] = [
  ...["20001", "40001", "40002", "40003", "40006"].map((code) => ({ code, refused: [...WRITES, "bill" as const] })),
  { code: "40005", later: [...WRITES, ...READS, "bill"] },
];

const refusedFor = (operations: readonly AlipayOperation[], ...codes: readonly string[]): readonly CodeRow[] =>
  codes.map((code) => ({ code, refused: operations }));

export const CODES: readonly CodeRow[] = [
  ...refusedFor(WRITES, "INVALID_PARAMETER"),
  ...refusedFor([...ORDERS, "freeze"], "ACCESS_FORBIDDEN", "EXIST_FORBIDDEN_WORD"),
  ...refusedFor([...ORDERS, "refund", "freeze"], "BUYER_ENABLE_STATUS_FORBID"),
  ...refusedFor(
    ORDERS,
    "BEYOND_PAY_RESTRICTION",
    "BEYOND_PER_RECEIPT_RESTRICTION",
    "BEYOND_PER_RECEIPT_*_RESTRICTION",
    "BUYER_SELLER_EQUAL",
    "ERROR_BUYER_CERTIFY_LEVEL_LIMIT",
    "INVALID_RECEIVE_ACCOUNT",
    "INVALID_STORE_ID",
    "NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
    "PARTNER_ERROR",
    "SELLER_BEEN_BLOCKED",
    "SUB_GOODS_SIZE_MAX_COUNT",
    "TOTAL_FEE_EXCEED",
    "TRADE_BUYER_NOT_MATCH",
  ),
  { code: "TRADE_HAS_SUCCESS", echo: ORDERS },
  // The number is known with other contents: a trade under it exists, and may be paid.
  { code: "CONTEXT_INCONSISTENT", echo: ORDERS },
  ...refusedFor([...ORDERS, "refund"], "TRADE_HAS_CLOSE"),

  ...refusedFor(
    ["pay", "freeze"],
    "PAYMENT_AUTH_CODE_INVALID",
    "REQUEST_AMOUNT_EXCEED",
    "NO_PAYMENT_INSTRUMENTS_AVAILABLE",
  ),
  ...refusedFor(
    ["pay"],
    "AGREEMENT_*",
    "AUTH_*",
    "BUYER_BALANCE_NOT_ENOUGH",
    "BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
    "ERROR_BALANCE_PAYMENT_DISABLE",
    "MOBILE_PAYMENT_SWITCH_OFF",
    "PAYMENT_FAIL",
    "PAYMENT_REQUEST_HAS_RISK",
    "PULL_MOBILE_CASHIER_FAIL",
    "USER_FACE_PAYMENT_SWITCH_OFF",
  ),

  ...refusedFor(
    ["refund"],
    "ALLOC_AMOUNT_VALIDATE_ERROR",
    "BUYER_ERROR",
    "BUYER_NOT_EXIST",
    "CURRENCY_NOT_SUPPORT",
    "CUSTOMER_VALIDATE_ERROR",
    "NOT_ALLOW_PARTIAL_REFUND",
    "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
    "REASON_TRADE_BEEN_FREEZEN",
    "REASON_TRADE_REFUND_FEE_ERR",
    "REASON_TRADE_STATUS_INVALID",
    "REFUND_ACCOUNT_NOT_EXIST",
    "REFUND_AMT_NOT_EQUAL_TOTAL",
    "REFUND_FEE_ERROR",
    "TRADE_HAS_FINISHED",
    "TRADE_NOT_ALLOW_REFUND",
    "TRADE_NOT_EXIST",
    "TRADE_SETTLE_ERROR",
    "TRADE_STATUS_ERROR",
    "USER_NOT_MATCH_ERR",
  ),
  // The number is known with another amount: a refund under it exists.
  { code: "DISCORDANT_REPEAT_REQUEST", echo: ["refund"] },
  { code: "REFUND_CHARGE_ERROR", later: ["refund"] },
  { code: "SELLER_BALANCE_NOT_ENOUGH", later: ["refund"] },

  // Spelt so. UNKNOWN_ERROR is the third code that bills have.
  ...refusedFor(["bill"], "INVAILID_ARGUMENTS", "BILL_NOT_EXIST"),

  ...refusedFor(
    ["transfer"],
    "ACCOUNT_NOT_EXIST",
    "BLOCK_USER_FORBBIDEN_RECIEVE",
    "EXCEED_LIMIT_*",
    "IDENTITY_FUND_RELATION_NOT_FOUND",
    "ILLEGAL_OPERATION",
    "MEMO_REQUIRED_IN_TRANSFER_ERROR",
    "NO_ACCOUNTBOOK_PERMISSION",
    "NO_ORDER_PERMISSION",
    "PAYCARD_UNABLE_PAYMENT",
    "PAYEE_ACC_OCUPIED",
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYER_CERT_EXPIRED",
    "PAYER_DATA_INCOMPLETE",
    "PAYER_STATUS_ERROR",
    "PAYER_USERINFO_NOT_EXSIT",
    "PERMIT_CHECK_PERM_*",
    "PERMIT_NON_BANK_LIMIT_PAYEE",
    "PERMIT_PAYER_*",
    "REMARK_HAS_SENSITIVE_WORD",
    "SECURITY_CHECK_FAILED",
  ),
  // The number has been used, for a transfer with other contents.
  { code: "PAYMENT_INFO_INCONSISTENCY", echo: ["transfer"] },
  { code: "PAYER_BALANCE_NOT_ENOUGH", later: ["transfer"] },
  { code: "BALANCE_IS_NOT_ENOUGH", later: ["transfer"] },

  ...refusedFor(["freeze"], "PAYER_NOT_EXIST", "PAYER_NOT_MATCH", "USER_STATUS_NOT_SUPPORT", "ORDER_ALREADY_CLOSED"),
  ...refusedFor(["unfreeze", "auth_cancel"], "AUTH_ORDER_NOT_EXIST", "AUTH_ORDER_HAS_FINISHED", "ORDER_ALREADY_FINISH"),
  ...refusedFor(["unfreeze"], "UNFREEZE_AMOUNT_EXCEED", "AUTH_AMOUNT_NOT_ENOUGH"),
  // A number that has been used, for the same or for something else.
  { code: "UNIQUE_VIOLATION", echo: ["freeze", "unfreeze"] },
  { code: "DUP_OUT_REQUEST_NO", echo: ["refund", "freeze", "unfreeze"] },

  // Listed for profit sharing; whoever says so has done nothing.
  { code: "FREQUENCY_LIMITED", later: [...WRITES, ...READS, "bill"] },
];
