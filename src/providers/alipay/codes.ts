/** What Alipay's error codes mean for each call (error lists of the trade interfaces, v2 and v3). */
import { type CodeMeaning, type CodeTable, codeTable, errorOutcome } from "../outcomes.ts";
import type { CallContext, Outcome } from "../provider.ts";
import { type AlipayReply, RATE_LIMITED } from "./client.ts";

/** Alipay prefixes trade codes with `ACQ.`, in one place with the misspelling `AQC.`, and now and then not at all. */
export function plainCode(code: string): string {
  return code.replace(/^(?:ACQ|AQC)\./, "");
}

/** What the gateway itself says, before any trade is looked at. Its code decides; `sub_code` only explains. */
const GATEWAY_CODES = codeTable({ refused: ["20001", "40001", "40002", "40003", "40006"], later: [RATE_LIMITED] });

export const PRECREATE_CODES = codeTable({
  refused: [
    "ACCESS_FORBIDDEN",
    "BEYOND_PAY_RESTRICTION",
    "BEYOND_PER_RECEIPT_DAY_RESTRICTION",
    "BEYOND_PER_RECEIPT_RESTRICTION",
    "BEYOND_PER_RECEIPT_SINGLE_RESTRICTION",
    "BUYER_ENABLE_STATUS_FORBID",
    "BUYER_SELLER_EQUAL",
    "CONTEXT_INCONSISTENT",
    "ERROR_BUYER_CERTIFY_LEVEL_LIMIT",
    "EXIST_FORBIDDEN_WORD",
    "INVALID_PARAMETER",
    "INVALID_RECEIVE_ACCOUNT",
    "INVALID_STORE_ID",
    "NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
    "PARTNER_ERROR",
    "SELLER_BEEN_BLOCKED",
    "SUB_GOODS_SIZE_MAX_COUNT",
    "TOTAL_FEE_EXCEED",
    "TRADE_BUYER_NOT_MATCH",
    "TRADE_HAS_CLOSE",
  ],
  echo: ["TRADE_HAS_SUCCESS"],
});

export const REFUND_CODES = codeTable({
  refused: [
    "ALLOC_AMOUNT_VALIDATE_ERROR",
    "BUYER_ENABLE_STATUS_FORBID",
    "BUYER_ERROR",
    "BUYER_NOT_EXIST",
    "CURRENCY_NOT_SUPPORT",
    "CUSTOMER_VALIDATE_ERROR",
    "INVALID_PARAMETER",
    "NOT_ALLOW_PARTIAL_REFUND",
    "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
    "REASON_TRADE_BEEN_FREEZEN",
    "REASON_TRADE_REFUND_FEE_ERR",
    "REASON_TRADE_STATUS_INVALID",
    "REFUND_ACCOUNT_NOT_EXIST",
    "REFUND_AMT_NOT_EQUAL_TOTAL",
    "REFUND_FEE_ERROR",
    "TRADE_HAS_CLOSE",
    "TRADE_HAS_FINISHED",
    "TRADE_NOT_ALLOW_REFUND",
    "TRADE_NOT_EXIST",
    "TRADE_STATUS_ERROR",
    "USER_NOT_MATCH_ERR",
  ],
  later: ["REFUND_CHARGE_ERROR", "SELLER_BALANCE_NOT_ENOUGH"],
  // The number is known with another amount: a refund under it exists.
  echo: ["DISCORDANT_REPEAT_REQUEST"],
});

/** Queries and closing change nothing by failing: no code of theirs is a refusal of the trade. */
const READ_ONLY_CODES = codeTable({ later: [RATE_LIMITED] });

/** Gives a verified error of a call that creates something its meaning. */
export function writeFailure(
  reply: Exclude<AlipayReply, { kind: "success" }>,
  table: CodeTable,
  call: Pick<CallContext, "firstSend">,
): Outcome<never> {
  if (reply.kind === "unknown") return reply;
  return errorOutcome(reply.error, meaningOf(reply, table), call);
}

/** Gives a verified error of a query or of closing its meaning. */
export function readFailure(reply: Exclude<AlipayReply, { kind: "success" }>): Outcome<never> {
  if (reply.kind === "unknown") return reply;
  return errorOutcome(reply.error, READ_ONLY_CODES.get(reply.gatewayCode), { firstSend: true });
}

function meaningOf(reply: Extract<AlipayReply, { kind: "error" }>, table: CodeTable): CodeMeaning | undefined {
  return table.get(plainCode(reply.error.code)) ?? GATEWAY_CODES.get(reply.gatewayCode);
}
