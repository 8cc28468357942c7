/** What WeChat Pay's error codes mean for each call (error tables of the create and refund pages, 2024 to 2026). */
import { type CodeMeaning, type CodeTable, codeTable, errorOutcome, type ProviderError } from "../outcomes.ts";
import type { CallContext, Outcome } from "../provider.ts";

const TOO_MANY_REQUESTS = 429;

/** Old pages spell codes without underscores, so tables are kept and asked without them. */
export function plainCode(code: string): string {
  return code.replaceAll("_", "");
}

const RATE_LIMIT = ["FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "RATELIMITED", "RATELIMITEXCEEDED"];

export const CREATE_CODES = codeTable({
  refused: [
    "ACCOUNTERROR",
    "APPIDMCHIDNOTMATCH",
    "INVALIDREQUEST",
    "MCHNOTEXISTS",
    "NOAUTH",
    "OPENIDMISMATCH",
    "ORDERCLOSED",
    "OUTTRADENOUSED",
    "PARAMERROR",
    "RULELIMIT",
    "SIGNERROR",
    "TRADEERROR",
  ],
  later: ["NOTENOUGH", ...RATE_LIMIT],
  echo: ["ORDERPAID"],
});

export const REFUND_CODES = codeTable({
  refused: [
    "APPIDMCHIDNOTMATCH",
    "INVALIDREQUEST",
    "MCHNOTEXISTS",
    "NOAUTH",
    "PARAMERROR",
    "RESOURCENOTEXISTS",
    "SIGNERROR",
    "TRADEOVERDUE",
    "USERACCOUNTABNORMAL",
  ],
  later: ["NOTENOUGH", ...RATE_LIMIT],
  echo: ["REFUNDFEEMISMATCH"],
});

/** Queries and closing change nothing by failing: no code of theirs is a refusal of the trade. */
export const READ_CODES = codeTable({ later: RATE_LIMIT });

/** Gives an error reply its meaning. HTTP 429 has had four codes; the status decides. */
export function wechatErrorOutcome(
  reply: { readonly status: number; readonly error: ProviderError },
  table: CodeTable,
  call: Pick<CallContext, "firstSend">,
): Outcome<never> {
  const listed = table.get(plainCode(reply.error.code));
  const meaning: CodeMeaning | undefined = reply.status === TOO_MANY_REQUESTS ? "later" : listed;
  return errorOutcome(reply.error, meaning, call);
}
