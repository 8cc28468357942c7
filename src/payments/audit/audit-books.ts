import { read } from "../../../db/run.ts";
import type { PaymentContext } from "../context.ts";
import { type ChainEnd, readChainEnd } from "./chain-head.ts";
import { type Ask, type AuditResult, type Position, runAudit } from "./run-audit.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** A request must not take longer than its caller waits; who asks again goes on where it stopped. */
const AUDIT_MILLISECONDS = 15_000;

const DAY_MILLISECONDS = 86_400_000;

interface BooksToAudit {
  /** Only what is younger than that; everything when absent. */
  readonly sinceDays?: number | undefined;
  readonly from?: Position | undefined;
  /** An end of the chain of operators' actions that was kept, as `SEQ:HASH`. */
  readonly chainHead?: string | undefined;
}

/** Audits the books for a while. */
export async function auditBooks(
  ctx: PaymentContext,
  { sinceDays, from, chainHead }: BooksToAudit,
): Promise<AuditResult & { readonly verdict: Verdict; readonly chain: ChainEnd }> {
  const until = ctx.now() + AUDIT_MILLISECONDS;
  const ask: Ask = async (statement) => (await read(() => ctx.db.execute(statement))).rows;
  const chain = await readChainEnd(ask, chainHead);
  const result = await runAudit(ask, {
    now: new Date(ctx.now()),
    since: sinceDays === undefined ? undefined : new Date(ctx.now() - sinceDays * DAY_MILLISECONDS),
    from,
    isEnough: () => ctx.now() >= until,
  });
  return { ...result, chain, verdict: chain.keptHeadFound === false ? "findings" : verdictOf(result) };
}
