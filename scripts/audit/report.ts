/** What an audit found, for people. */
import type { ChainEnd } from "../../src/payments/audit/chain-head.ts";
import type { AuditResult, CheckResult } from "../../src/payments/audit/run-audit.ts";
import type { Verdict } from "../../src/payments/audit/verdict.ts";

const VERDICTS: Readonly<Record<Verdict, string>> = {
  in_order: "The books are in order.",
  findings: "The books are broken.",
  unlooked: "Nothing was found, but not every check had something to look at: see above.",
  unfinished: "Not all rows have been looked at.",
};

interface Reported {
  /** How far back was looked; undefined for all. */
  readonly days: number | undefined;
  readonly chain: ChainEnd;
}

/** A table of all checks, then each finding with what it means, then where the chain of operators' actions ends. */
export function reportOf({ results }: AuditResult, verdict: Verdict, { days, chain }: Reported): string {
  const width = Math.max(...results.map(({ check }) => check.name.length));
  const rows = results.map((result) => rowOf(result, width));
  const broken = results.filter(({ findings }) => findings > 0).map(explain);
  const head = `${"check".padEnd(width)}  ${"rows".padStart(9)}  ${"found".padStart(7)}`;
  const extent = days === undefined ? [] : [`Only what was made in the last ${days} days has been looked at.`];
  return [head, ...rows, "", ...broken, ...chainLines(chain), ...extent, VERDICTS[verdict]].join("\n");
}

function chainLines({ head, keptHeadFound }: ChainEnd): string[] {
  const lost = "The chain of operators' actions does not go through the kept head: it was cut off, or written anew.";
  return [...(keptHeadFound === false ? [lost] : []), `Chain of operators' actions: it ends with ${head ?? "nothing"}`];
}

function rowOf({ check, looked, findings }: CheckResult, width: number): string {
  const counts = `${String(looked).padStart(9)}  ${String(findings).padStart(7)}`;
  return `${check.name.padEnd(width)}  ${counts}  ${looked === 0 ? "looked at nothing" : check.title}`;
}

function explain({ check, findings, examples }: CheckResult): string {
  const more = findings > examples.length ? [`  … and ${findings - examples.length} more`] : [];
  const lines = examples.map(({ subject, facts }) => `  ${subject}: ${facts}`);
  return [
    `${check.name}: it must be that ${check.title}`,
    ...lines,
    ...more,
    `  ${check.meaning} ${check.suggestion}`,
    "",
  ].join("\n");
}
