/**
 * What Alipay's error codes mean for each call, as data (Alipay, "public error codes", and the error lists of the trade,
 * bill, transfer and pre-authorisation interfaces, v2 and v3).
 */

import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { type CodeMeaning, errorOutcome, unknown } from "../outcome.ts";
import type { AlipayReply } from "./call.ts";
import { CODES, type CodeRow, GATEWAY_CODES } from "./code-rows.ts";

/** The calls that codes mean something for. */
export type AlipayOperation =
  | "precreate"
  | "create"
  | "pay"
  | "query"
  | "close"
  | "cancel"
  | "refund"
  | "refund_query"
  | "bill"
  | "transfer"
  | "transfer_query"
  | "freeze"
  | "unfreeze"
  | "auth_query"
  | "auth_cancel";

/** Alipay prefixes trade codes with `ACQ.`, in one place with the misspelling `AQC.`, and now and then not at all. */
export function plainCode(code: string): string {
  return code.replace(/^(?:ACQ|AQC)\./, "");
}

/** The most careful first, should rows of several families have the same code. */
const MEANINGS = ["echo", "later", "refused"] as const satisfies readonly CodeMeaning[];

const MATCHERS = CODES.map((row) => ({ row, pattern: patternOf(row.code) }));
const GATEWAY_MATCHERS = GATEWAY_CODES.map((row) => ({ row, pattern: patternOf(row.code) }));

/**
 * Gives a failed call its outcome. An error is a refusal only on the first send of its number, and only when this call
 * did not have to be sent more than once itself.
 */
export function failure(
  reply: Exclude<AlipayReply, { kind: "success" }>,
  operation: AlipayOperation,
  call: Pick<CallContext, "firstSend">,
): Outcome<never> {
  if (reply.kind === "unknown") return unknown(reply.cause, reply.message);
  const meaning =
    meaningOf(plainCode(reply.error.code), operation, MATCHERS) ??
    meaningOf(reply.gatewayCode, operation, GATEWAY_MATCHERS);
  return errorOutcome(reply.error, meaning, { firstSend: call.firstSend && reply.sends === 1 });
}

function meaningOf(code: string, operation: AlipayOperation, matchers: typeof MATCHERS): CodeMeaning | undefined {
  const rows = matchers.filter(({ pattern }) => pattern.test(code)).map(({ row }) => row);
  return MEANINGS.find((meaning) => rows.some((row: CodeRow) => row[meaning]?.includes(operation)));
}

function patternOf(family: string): RegExp {
  return new RegExp(`^${family.replaceAll("*", "[A-Z0-9_]+")}$`);
}
