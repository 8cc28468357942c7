/** Callbacks mutated by the thousand, from one seed, and the proof that they change nothing. */
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { TABLE_NAMES } from "../../../db/tables.ts";
import type { Api } from "../api/support.ts";
import type { SignedDelivery } from "./controls.ts";
import type { Shop } from "./shop.ts";

/** CORPUS_SEED chooses another; fast-check prints the one it used when something fails, with what failed, made smaller. */
const SEED = Number(process.env.CORPUS_SEED ?? 20_261_122);

/** Time for a corpus, on a busy machine. */
export const CORPUS_MS = 240_000;

/** Tries so many values, one after the other, and fails with the least one that does. */
export async function tryMany<T>(
  count: number,
  values: fc.Arbitrary<T>,
  attempt: (value: T) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(values, attempt), { seed: SEED, numRuns: count });
}

/** What is written down of a callback that verified, and decides nothing. */
const RECORDS: ReadonlySet<string> = new Set(["notifications", "anomalies", "provider_calls", "events"]);

/**
 * The books of the whole shop, as a count and a digest of each table: money, stock, points, and refunds but for those that
 * others are said to have made, and for when they are looked at next: what can't be understood of a refund is a reason to
 * ask. CHECKSUM TABLE also tells apart rows that are the same.
 */
export async function wholeBooks({ db }: Shop): Promise<readonly unknown[]> {
  const { rows } = await db.execute(
    sql`select table_name as name, column_name as member from information_schema.columns
      where table_schema = database() order by table_name, column_name`,
  );
  const members = Map.groupBy(rows as { name: string; member: string }[], ({ name }) => name);
  const tables = [...members].filter(([name]) => TABLE_NAMES.has(name) && !RECORDS.has(name));
  const digests = tables.map(([name, columns]) => {
    const isRefund = name === "refund_records";
    const told = columns.filter(({ member }) => !isRefund || member !== "next_check_at");
    const texts = told.map(({ member }) => sql`coalesce(hex(${sql.identifier(member)}), '-')`);
    const digest = sql`sha2(concat_ws('|', ${sql.join(texts, sql`, `)}), 256)`;
    return sql`select ${name} as name, count(*) as held, bit_xor(conv(left(${digest}, 15), 16, 10)) as digest
      from ${sql.identifier(name)} where ${isRefund ? sql`origin <> 'EXTERNAL'` : sql`1 = 1`}`;
  });
  return (await db.execute(sql.join(digests, sql` union all `))).rows;
}

/** How many rows the records of callbacks have. */
export async function recordsOf({ db }: Shop): Promise<readonly unknown[]> {
  const counts = [...RECORDS].map((name) => sql`select ${name} as name, count(*) as held from ${sql.identifier(name)}`);
  return (await db.execute(sql.join(counts, sql` union all `))).rows;
}

/** Posts a callback to the Worker. Gives the status of the answer. */
export async function statusOf(api: Api, provider: "wechat" | "alipay", callback: SignedDelivery): Promise<number> {
  const { headers, body } = callback;
  const url = `https://shop.test/api/v1/payments/${provider}/notify`;
  const response = await api.send(new Request(url, { method: "POST", headers, body }));
  await response.body?.cancel();
  return response.status;
}

/** Values that no member of a callback should have, and which no honest signer would give it. */
export const JUNK: readonly unknown[] = [
  ...[null, true, [], {}, [[]], -1, 0.5, 1e308, -0, 2 ** 53 + 2, 1e21, "", " ", "0", "-1", "1e3", "null"],
  ...[
    "30.001",
    "30,00",
    "３０.００",
    "3000",
    "ＡＢＣ１２３",
    "\u0000",
    "é",
    "\ud800",
    "😀",
    "a\nb",
    "%00",
    "../..",
    "' or 1=1 -- ",
  ],
  ...["9999-12-31T23:59:59+08:00", "0001-01-01T00:00:00+08:00", "1969-12-31T23:59:59Z", "2038-01-20T00:00:00Z"],
  ...["9999-12-31 23:59:59", "0001-01-01 00:00:00", "1970-01-01 08:00:00", "2026-02-30 00:00:00", "tomorrow"],
  ...[
    "A".repeat(65),
    "7".repeat(500),
    "中".repeat(64),
    "B".repeat(70_000),
    JSON.parse(`${"[".repeat(600)}${"]".repeat(600)}`),
  ],
  JSON.parse('{"__proto__":{"total":3000},"constructor":1}'),
];

/** Where the leaves of a value are. */
export function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]));
  return path.length === 0 ? below : [path, ...below];
}

/** The same value with another member at a path, or without it. */
export function withMember(value: unknown, [name, ...rest]: readonly string[], member: unknown): unknown {
  if (name === undefined || typeof value !== "object" || value === null) return member;
  const own = Object.entries(value).map(([each, old]) => [each, each === name ? withMember(old, rest, member) : old]);
  const kept = own.filter(([each, held]) => each !== name || held !== undefined);
  return Array.isArray(value) ? kept.map(([, held]) => held) : Object.fromEntries(kept);
}
