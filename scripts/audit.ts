/**
 * `npm run audit [-- --since DAYS] [--allow-empty] [--chain-head SEQ:HASH] [--json]`: checks every invariant of the
 * books at DATABASE_URL, and whether the chain of operators' actions still goes through an end of it that was kept. Changes
 * nothing. Ends with 0 when every check has looked at rows and found nothing (with `--allow-empty`: when any has
 * looked), with 1 when something is broken, with 2 when it could not look.
 */
import { parseArgs } from "node:util";
import { chainHeadText, readChainEnd } from "../src/payments/audit/chain-head.ts";
import { runAudit } from "../src/payments/audit/run-audit.ts";
import { verdictOf } from "../src/payments/audit/verdict.ts";
import { openBooks } from "./audit/connect.ts";
import { reportOf } from "./audit/report.ts";

const DAY_MILLISECONDS = 86_400_000;
const EXIT = { in_order: 0, findings: 1, unlooked: 2, unfinished: 2 } as const;

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`the audit could not look: ${error instanceof Error ? shortened(error) : "unknown"}`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      since: { type: "string" },
      "allow-empty": { type: "boolean", default: false },
      "chain-head": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const days = values.since === undefined ? undefined : daysOf(values.since);
  const kept = values["chain-head"] === undefined ? undefined : headOf(values["chain-head"]);
  const { DATABASE_URL: url = "" } = process.env;
  if (!/^(?:mysql|https?):\/\//.test(url)) throw new Error("DATABASE_URL must be a mysql:// or https:// address");
  const now = new Date();
  const books = await openBooks(url);
  try {
    const since = days === undefined ? undefined : new Date(now.getTime() - days * DAY_MILLISECONDS);
    const result = await runAudit(books.ask, { now, since });
    const chain = await readChainEnd(books.ask, kept);
    const verdict = chain.keptHeadFound === false ? "findings" : verdictOf(result, values["allow-empty"]);
    console.log(
      values.json ? JSON.stringify({ verdict, chain, ...result }) : reportOf(result, verdict, { days, chain }),
    );
    return EXIT[verdict];
  } finally {
    await books.close();
  }
}

function daysOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Error(`--since must be a number of days above 0, not ${JSON.stringify(text)}`);
}

function headOf(text: string): string {
  const head = chainHeadText.safeParse(text);
  if (head.success) return head.data;
  throw new Error(`--chain-head ${head.error.issues[0]?.message ?? "is wrong"}`);
}

/** The server's own words, if there are any: the statement around them fills pages. */
function shortened(error: Error): string {
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  return said.split("\n")[0]?.slice(0, 300) ?? "";
}
