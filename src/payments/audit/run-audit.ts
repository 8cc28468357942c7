/** An audit: every check over every row, a bounded number of rows at a time, and what came of it. */
import { type SQL, sql } from "drizzle-orm";
import * as z from "zod";
import type { Check, Stretch } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { behind, GROUNDS, type Ground, type GroundName, upTo } from "./grounds.ts";

/** Sends one statement and returns its rows. */
export type Ask = (statement: SQL) => Promise<readonly unknown[]>;

/** Where an audit goes on: a ground, and the key of the last row that was looked at. */
export interface Position {
  readonly ground: GroundName;
  readonly after?: readonly string[] | undefined;
}

export interface AuditRequest {
  readonly now: Date;
  /** Only what was made at this moment or later; everything when absent. */
  readonly since?: Date | undefined;
  /** From the beginning when absent. */
  readonly from?: Position | undefined;
  /** Asked between statements: whether to stop here and say where to go on. */
  readonly isEnough?: () => boolean;
  /** How many rows of a table one statement looks at. */
  readonly rowsAtATime?: number;
}

/** A row that breaks an invariant. No personal data. */
interface Finding {
  readonly subject: string;
  readonly facts: string;
}

export interface CheckResult {
  readonly check: Check;
  /** How many rows it looked at. Zero findings among zero rows say nothing. */
  readonly looked: number;
  readonly findings: number;
  /** The first of them. */
  readonly examples: readonly Finding[];
}

export interface AuditResult {
  /** Of every check, whether it had its turn or not. */
  readonly results: readonly CheckResult[];
  /** Where to go on; null when all rows have been looked at. */
  readonly next: Position | null;
}

const ROWS_AT_A_TIME = 1000;
const MOST_EXAMPLES = 10;

const GROUND_NAMES = Object.keys(GROUNDS).filter((name): name is GroundName => name in GROUNDS);

type Tally = Map<string, { looked: number; findings: number; readonly examples: Finding[] }>;

/**
 * Runs the checks, or as many of them as there is time for. Takes no locks; each statement sees the books as they are at
 * one moment. Throws what `ask` throws: then nothing is known.
 */
export async function runAudit(ask: Ask, request: AuditRequest): Promise<AuditResult> {
  const tally: Tally = new Map(CHECKS.map(({ name }) => [name, { looked: 0, findings: 0, examples: [] }]));
  const { from, isEnough = () => false } = request;
  const start = from ? GROUND_NAMES.indexOf(from.ground) : 0;
  for (const name of GROUND_NAMES.slice(start)) {
    let after = name === from?.ground ? from.after : undefined;
    do {
      if (isEnough()) return { results: resultsOf(tally), next: { ground: name, after } };
      after = await lookAt(ask, name, after, request, tally);
    } while (after !== undefined);
  }
  return { results: resultsOf(tally), next: null };
}

function resultsOf(tally: Tally): CheckResult[] {
  return CHECKS.map((check) => {
    const { looked = 0, findings = 0, examples = [] } = tally.get(check.name) ?? {};
    return { check, looked, findings, examples };
  });
}

/** Looks at the next rows of a ground with all its checks. Returns the last key; undefined when there are no more rows. */
async function lookAt(
  ask: Ask,
  name: GroundName,
  after: readonly string[] | undefined,
  { now, since, rowsAtATime = ROWS_AT_A_TIME }: AuditRequest,
  tally: Tally,
): Promise<readonly string[] | undefined> {
  const ground: Ground = GROUNDS[name];
  const rest = sql`${behind(ground, after)} and ${fromStart(ground, since)}`;
  const last = await lastKey(ask, ground, rest, Math.min(rowsAtATime, ground.most ?? rowsAtATime));
  const recent = since && ground.recent ? ground.recent(since) : sql`1 = 1`;
  const within = sql`${rest} and ${upTo(ground, last)} and ${recent}`;
  await runChecks(ask, name, { within, now }, tally);
  return last;
}

function fromStart({ alias, key, startAt }: Ground, since: Date | undefined): SQL {
  return since && startAt ? sql`${sql.raw(`${alias}.${key[0]}`)} >= ${startAt(since)}` : sql`1 = 1`;
}

async function lastKey(ask: Ask, ground: Ground, rest: SQL, rows: number): Promise<readonly string[] | undefined> {
  const { table, alias, key } = ground;
  const columns = sql.raw(key.map((column) => `${alias}.${column}`).join(", "));
  const [row] = await ask(
    sql`select ${columns} from ${sql.raw(`${table} ${alias}`)} where ${rest} order by ${columns} limit 1 offset ${sql.raw(String(rows - 1))}`,
  );
  if (row === undefined) return undefined;
  const values = z.record(z.string(), z.string()).parse(row);
  return key.map((column) => values[column] ?? "");
}

const counted = z.array(z.object({ name: z.string(), looked: z.coerce.number(), findings: z.coerce.number() }));
const found = z.array(z.object({ subject: z.string(), facts: z.string() }));

async function runChecks(ask: Ask, ground: GroundName, stretch: Stretch, tally: Tally): Promise<void> {
  const checks = CHECKS.filter((check) => check.ground === ground);
  const counts = checks.map(
    ({ name, rows }) => sql`select ${name} as name, count(*) as looked,
      coalesce(sum(case when seen.holds then 0 else 1 end), 0) as findings from (${rows(stretch)}) as seen`,
  );
  for (const { name, looked, findings } of counted.parse(await ask(sql.join(counts, sql` union all `)))) {
    const check = checks.find((each) => each.name === name);
    const sum = tally.get(name);
    if (!check || !sum) throw new Error(`there is no check ${name}`);
    sum.looked += looked;
    sum.findings += findings;
    const wanted = MOST_EXAMPLES - sum.examples.length;
    if (findings > 0 && wanted > 0) sum.examples.push(...(await examplesOf(ask, check, stretch, wanted)));
  }
}

async function examplesOf(ask: Ask, { rows }: Check, stretch: Stretch, wanted: number): Promise<Finding[]> {
  const broken = sql`select seen.subject, seen.facts from (${rows(stretch)}) as seen
    where (case when seen.holds then 0 else 1 end) = 1 order by seen.subject limit ${sql.raw(String(wanted))}`;
  return found.parse(await ask(broken));
}
