import type { AuditResult } from "./run-audit.ts";

/**
 * `in_order`: every check has looked at rows and found nothing. `findings`: something is broken. `unlooked`: nothing was
 * found, and some check has looked at nothing, so that it can't say that nothing is wrong. `unfinished`: there are more rows.
 */
export type Verdict = "in_order" | "findings" | "unlooked" | "unfinished";

/** What an audit may say of the books. With `allowEmpty` it is enough that one check had something to look at. */
export function verdictOf({ results, next }: AuditResult, allowEmpty = false): Verdict {
  if (results.some(({ findings }) => findings > 0)) return "findings";
  if (next !== null) return "unfinished";
  const lookers = results.filter(({ looked }) => looked > 0).length;
  return lookers === results.length || (allowEmpty && lookers > 0) ? "in_order" : "unlooked";
}
