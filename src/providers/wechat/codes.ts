/**
 * What WeChat Pay's error codes mean for each call, as data (WeChat Pay V3, "error codes", and the error lists of the
 * create, query, close, refund, bill and transfer pages, 2024 to 2026).
 */

import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { type CodeMeaning, errorOutcome, shortened, unknown } from "../outcome.ts";
import type { WechatReply } from "./call.ts";

/** The calls that codes mean something for. `echo` is the self-test of signatures and encryption. */
export type WechatOperation =
  | "create"
  | "query"
  | "close"
  | "refund"
  | "refund_query"
  | "abnormal_refund"
  | "combine_create"
  | "combine_query"
  | "combine_close"
  | "transfer"
  | "transfer_query"
  | "transfer_cancel"
  | "bill"
  | "echo"
  | "certificates";

/** Old pages spell codes without underscores, so tables are kept and asked without them. */
export function plainCode(code: string): string {
  return code.replaceAll("_", "");
}

const ORDERS: readonly WechatOperation[] = ["create", "combine_create"];
const REFUNDS: readonly WechatOperation[] = ["refund", "abnormal_refund"];
const TRANSFERS: readonly WechatOperation[] = ["transfer", "transfer_cancel"];
const WRITES: readonly WechatOperation[] = [...ORDERS, ...REFUNDS, ...TRANSFERS];
/** Nothing of a trade depends on them. */
const DESK: readonly WechatOperation[] = ["bill", "echo", "certificates"];

/**
 * A code, the statuses it has been seen with, and the calls for which it is a definite no (`refused`), a not now
 * (`later`), or the trace of an earlier request under the same number (`echo`). For all other calls it says nothing:
 * queries and closing change nothing by failing, so no code of theirs is a refusal of the trade.
 */
export interface CodeRow {
  readonly code: string;
  readonly statuses: readonly number[];
  readonly refused?: readonly WechatOperation[];
  readonly later?: readonly WechatOperation[];
  readonly echo?: readonly WechatOperation[];
  /** With such a message the code is an echo, whatever it is else. */
  readonly echoMessage?: RegExp;
  /** The same request may be sent again at once, by any call. */
  readonly again?: true;
}

export const CODES: readonly CodeRow[] = [
  { code: "PARAM_ERROR", statuses: [400], refused: [...WRITES, ...DESK] },
  // A number that comes with other parameters than before is told so under this code.
  { code: "INVALID_REQUEST", statuses: [400], refused: [...WRITES, ...DESK], echoMessage: /上次请求/ },
  { code: "APPID_MCHID_NOT_MATCH", statuses: [400], refused: WRITES },
  { code: "MCH_NOT_EXISTS", statuses: [400, 404], refused: [...WRITES, ...DESK] },
  { code: "ORDER_CLOSED", statuses: [400], refused: ORDERS },
  { code: "ORDERPAID", statuses: [400], echo: ORDERS },
  { code: "REFUND_FEE_MISMATCH", statuses: [400], echo: REFUNDS },
  { code: "TRADE_OVERDUE", statuses: [400, 403], refused: REFUNDS },
  { code: "NO_STATEMENT_EXIST", statuses: [400], refused: ["bill"] },
  { code: "STATEMENT_CREATING", statuses: [400], later: ["bill"] },
  { code: "SIGN_ERROR", statuses: [401], refused: [...WRITES, ...DESK] },
  { code: "NO_AUTH", statuses: [403], refused: [...WRITES, ...DESK] },
  { code: "RULE_LIMIT", statuses: [403], refused: WRITES },
  { code: "TRADE_ERROR", statuses: [403], refused: ORDERS },
  { code: "OUT_TRADE_NO_USED", statuses: [403], refused: ORDERS },
  { code: "ACCOUNT_ERROR", statuses: [403], refused: ORDERS },
  { code: "USER_ACCOUNT_ABNORMAL", statuses: [403], refused: REFUNDS },
  { code: "NOT_ENOUGH", statuses: [403], later: [...ORDERS, ...REFUNDS, "transfer"] },
  { code: "ORDER_NOT_EXIST", statuses: [404] },
  { code: "RESOURCE_NOT_EXISTS", statuses: [404], refused: [...REFUNDS, "transfer_cancel"] },
  { code: "NOT_FOUND", statuses: [404], refused: ["transfer_cancel"] },
  { code: "OPENID_MISMATCH", statuses: [400, 500], refused: ORDERS },
  { code: "INVALID_TRANSACTIONID", statuses: [400, 500], refused: ORDERS },
  { code: "SYSTEM_ERROR", statuses: [500], again: true },
  { code: "BANK_ERROR", statuses: [500], again: true },
  { code: "SERVICE_UNAVAILABLE", statuses: [502, 503], again: true },
];

const ROWS: ReadonlyMap<string, CodeRow> = new Map(CODES.map((row) => [plainCode(row.code), row]));

/** Statuses that decide by themselves: 429 has had four codes, 202 is a request still being worked on. */
const ACCEPTED = 202;
const TOO_MANY_REQUESTS = 429;

/** Statuses of a server in trouble. 501 is none: a call that does not exist won't exist a moment later. */
const TROUBLE: readonly number[] = [500, 502, 503, 504];

/** Whether the same request may be sent again at once. */
export function isWorthRepeating(status: number, code: string | undefined): boolean {
  const row = rowOf(status, code);
  return row ? row.again === true : TROUBLE.includes(status);
}

/**
 * Gives a failed call its outcome. An error is a refusal only on the first send of its number, and only when this call
 * did not have to be sent more than once itself.
 */
export function failure(
  reply: Exclude<WechatReply, { kind: "success" }>,
  operation: WechatOperation,
  call: Pick<CallContext, "firstSend">,
): Outcome<never> {
  if (reply.kind === "unknown") return unknown(reply.cause, reply.message);
  const { status, error } = reply;
  if (status === ACCEPTED) return unknown("server", `${error.code}: ${shortened(error.message)}`);
  const meaning =
    status === TOO_MANY_REQUESTS ? "later" : meaningOf(rowOf(status, error.code), error.message, operation);
  return errorOutcome(error, meaning, { firstSend: call.firstSend && reply.sends === 1 });
}

/** Interfaces differ in the status that a code comes with, so only its class has to fit. */
function rowOf(status: number, code: string | undefined): CodeRow | undefined {
  const row = code === undefined ? undefined : ROWS.get(plainCode(code));
  return row?.statuses.some((listed) => classOf(listed) === classOf(status)) ? row : undefined;
}

function classOf(status: number): number {
  return Math.floor(status / 100);
}

function meaningOf(row: CodeRow | undefined, message: string, operation: WechatOperation): CodeMeaning | undefined {
  const echoes = row?.echo?.includes(operation) || row?.echoMessage?.test(message);
  if (echoes) return "echo";
  if (row?.later?.includes(operation)) return "later";
  return row?.refused?.includes(operation) ? "refused" : undefined;
}
