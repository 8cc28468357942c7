import { read } from "../../../db/run.ts";
import type { PaymentContext } from "../context.ts";
import { type AuditResult, type Position, runAudit } from "./run-audit.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** A request must not take longer than its caller waits; who asks again goes on where it stopped. */
const AUDIT_MILLISECONDS = 15_000;

const DAY_MILLISECONDS = 86_400_000;

/** Audits the books for a while. `sinceDays`: only what is younger than that; everything when absent. */
export async function auditBooks(
  ctx: PaymentContext,
  { sinceDays, from }: { readonly sinceDays?: number | undefined; readonly from?: Position | undefined },
): Promise<AuditResult & { readonly verdict: Verdict }> {
  const until = ctx.now() + AUDIT_MILLISECONDS;
  const result = await runAudit(async (statement) => (await read(() => ctx.db.execute(statement))).rows, {
    now: new Date(ctx.now()),
    since: sinceDays === undefined ? undefined : new Date(ctx.now() - sinceDays * DAY_MILLISECONDS),
    from,
    isEnough: () => ctx.now() >= until,
  });
  return { ...result, verdict: verdictOf(result) };
}
