/** What every error of WeChat Pay's means for every call, as its pages say it, apart from the table in the product. */
import type { CALLS } from "./wechat-merchant.ts";

export type Operation = keyof typeof CALLS;

const COLUMNS: readonly Operation[] = [
  ...(["create", "combine_create", "refund", "abnormal_refund", "transfer", "transfer_cancel"] as const),
  ...(["query", "combine_query", "refund_query", "transfer_query", "close", "combine_close"] as const),
  ...(["bill", "echo"] as const),
];

/**
 * `R` a definite no, and after an earlier send an echo of it; `D` a definite no, however often; `L` not now; `E` the
 * trace of an earlier send; `A` it is being worked on; `N` there is no such thing; `U` nobody has opened the trade;
 * `P` it is paid; `0` there is no bill; a dot says nothing of the trade.
 */
const MATRIX = `
202 USER_PAYING             A A A A A A   A A A A A A   A A
400 PARAM_ERROR             R R R R R R   . . . . . .   D R
400 INVALID_REQUEST         R R R R R R   . . . . . .   D R
400 APPID_MCHID_NOT_MATCH   R R R R R R   . . . . . .   . .
400 MCH_NOT_EXISTS          R R R R R R   . . . . . .   D R
404 MCH_NOT_EXISTS          R R R R R R   . . . . . .   D R
400 ORDER_CLOSED            R R . . . .   . . . . . .   . .
400 ORDERPAID               E E . . . .   . . . . P P   . .
400 REFUND_FEE_MISMATCH     . . E E . .   . . . . . .   . .
400 TRADE_OVERDUE           . . R R . .   . . . . . .   . .
403 TRADE_OVERDUE           . . R R . .   . . . . . .   . .
400 NO_STATEMENT_EXIST      . . . . . .   . . . . . .   0 .
400 STATEMENT_CREATING      . . . . . .   . . . . . .   L .
401 SIGN_ERROR              R R R R R R   . . . . . .   D R
403 NO_AUTH                 R R R R R R   . . . . . .   D R
403 RULE_LIMIT              R R R R R R   . . . . . .   . .
403 TRADE_ERROR             R R . . . .   . . . . . .   . .
403 OUT_TRADE_NO_USED       R R . . . .   . . . . . .   . .
403 ACCOUNT_ERROR           R R . . . .   . . . . . .   . .
403 USER_ACCOUNT_ABNORMAL   . . R R . .   . . . . . .   . .
403 NOT_ENOUGH              L L L L L .   . . . . . .   . .
404 ORDER_NOT_EXIST         . . . . . .   N N . . U .   . .
404 RESOURCE_NOT_EXISTS     . . R R . R   . N N N . .   . .
404 NOT_FOUND               . . . . . R   . . . N . .   . .
400 OPENID_MISMATCH         R R . . . .   . . . . . .   . .
500 OPENID_MISMATCH         R R . . . .   . . . . . .   . .
400 INVALID_TRANSACTIONID   R R . . . .   . . . . . .   . .
500 INVALID_TRANSACTIONID   R R . . . .   . . . . . .   . .
429 FREQUENCY_LIMITED       L L L L L L   L L L L L L   L L
429 RATELIMIT_EXCEEDED      L L L L L L   L L L L L L   L L
429 RATE_LIMITED            L L L L L L   L L L L L L   L L
429 FREQUENCY_LIMIT_EXCEED  L L L L L L   L L L L L L   L L
501 NOT_IMPLEMENTED         . . . . . .   . . . . . .   . .
400 A_CODE_OF_TOMORROW      . . . . . .   . . . . . .   . .
`;

/** What a call comes to, the first time and when its number was sent before; `*` stands for the code. */
const MEANINGS: Readonly<Record<string, { readonly first: string; readonly later: string }>> = {
  R: { first: "refused *", later: "unknown echo" },
  D: { first: "refused *", later: "refused *" },
  L: { first: "later *", later: "later *" },
  E: { first: "unknown echo", later: "unknown echo" },
  A: { first: "unknown server", later: "unknown server" },
  N: { first: "ok not_found", later: "ok not_found" },
  U: { first: "ok not_started", later: "ok not_started" },
  P: { first: "ok paid", later: "ok paid" },
  "0": { first: "ok none", later: "ok none" },
  ".": { first: "unknown unlisted", later: "unknown unlisted" },
};

export interface ErrorCase {
  readonly status: number;
  readonly code: string;
  readonly send: "first" | "later";
  /** As `summary` puts it. */
  readonly expected: string;
}

interface Row {
  readonly status: number;
  readonly code: string;
  readonly cells: readonly string[];
}

const ROWS: readonly Row[] = MATRIX.trim()
  .split("\n")
  .map((line) => {
    const [status, code = "", ...cells] = line.trim().split(/\s+/);
    if (cells.length !== COLUMNS.length) throw new Error(`not one cell for each call: ${line}`);
    return { status: Number(status), code, cells };
  });

/** Server trouble: worth sending the same again at once. In the order that three sends of a call meet it. */
export const TROUBLE = [
  {
    name: "errors of its own, in either spelling",
    faults: [
      { kind: "refuse", status: 500, code: "SYSTEM_ERROR" },
      { kind: "refuse", status: 500, code: "SYSTEMERROR" },
      { kind: "refuse", status: 500, code: "BANK_ERROR" },
    ],
  },
  {
    name: "errors of a bank's and of a proxy's",
    faults: [
      { kind: "refuse", status: 500, code: "BANKERROR" },
      { kind: "http_502" },
      { kind: "refuse", status: 502, code: "SERVICE_UNAVAILABLE" },
    ],
  },
  {
    name: "nobody there",
    faults: [
      { kind: "refuse", status: 503, code: "SERVICEUNAVAILABLE" },
      { kind: "refuse", status: 504, code: "A_CODE_OF_TOMORROW" },
      { kind: "refuse", status: 503, code: "SERVICE_UNAVAILABLE" },
    ],
  },
] as const;

/** Every status with its code that is shown to mean something. */
export const SHOWN: readonly (readonly [number, string])[] = [
  ...ROWS.map(({ status, code }) => [status, code] as const),
  ...TROUBLE.flatMap(({ faults }) =>
    faults.flatMap((fault) => ("code" in fault ? [[fault.status, fault.code] as const] : [])),
  ),
];

/** What a call may hear: every code as it is spelt now, and what means something also in the other spelling. */
export function casesOf(operation: Operation): readonly ErrorCase[] {
  const column = COLUMNS.indexOf(operation);
  return ROWS.flatMap(({ status, code, cells }) => {
    const meaning = MEANINGS[cells[column] ?? ""];
    if (!meaning) throw new Error(`no such meaning: ${cells[column]}`);
    const heard = (send: "first" | "later", spelt: string) => {
      return { status, code: spelt, send, expected: meaning[send].replace("*", spelt) };
    };
    return [heard("first", code), ...(cells[column] === "." ? [] : [heard("later", respelt(code))])];
  });
}

/** Pages have spelt codes with and without underscores. */
function respelt(code: string): string {
  return code.includes("_") ? code.replaceAll("_", "") : `${code.slice(0, 5)}_${code.slice(5)}`;
}
