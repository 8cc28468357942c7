/** The audit: a busy shop's books are in order, and every way to break them is found by the check that is there for it. */
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CHECKS } from "../../src/payments/audit/checks.ts";
import { GROUNDS } from "../../src/payments/audit/grounds.ts";
import { type AuditRequest, type AuditResult, runAudit } from "../../src/payments/audit/run-audit.ts";
import { startAfresh } from "./support/afresh.ts";
import { BREAKS, type Break } from "./support/broken-books.ts";
import { type BusyShop, openBusyShop } from "./support/busy-shop.ts";
import { emptyBooks } from "./support/empty-books.ts";
import { openShop, type Shop } from "./support/shop.ts";

let busy: BusyShop;

beforeAll(async () => {
  busy = await openBusyShop();
}, 120_000);
afterAll(startAfresh);

function audit(shop: Shop, request: Partial<AuditRequest> = {}): Promise<AuditResult> {
  const ask = async (statement: SQL) => (await shop.db.execute(statement)).rows;
  return runAudit(ask, { now: new Date(shop.ctx.now()), ...request });
}

/** What the audit found: the names of the checks, with the subjects. */
async function found(shop: Shop): Promise<Record<string, string[]>> {
  const { results } = await audit(shop);
  const broken = results.filter(({ findings }) => findings > 0);
  return Object.fromEntries(
    broken.map(({ check, examples }) => [check.name, examples.map(({ subject, facts }) => `${subject}: ${facts}`)]),
  );
}

it("finds nothing in the books of a busy shop, after having looked with every check", async () => {
  expect(await found(busy.shop)).toEqual({});
  const { results, next } = await audit(busy.shop);
  expect(next).toBeNull();
  expect(results.filter(({ looked }) => looked === 0).map(({ check }) => check.name)).toEqual([]);
});

it("sees the same rows however few it looks at in one statement", async () => {
  const lookedAt = ({ results }: AuditResult) =>
    results.map(({ check, looked, findings }) => [check.name, looked, findings]);
  const whole = lookedAt(await audit(busy.shop));
  for (const rowsAtATime of [4, 11]) expect(lookedAt(await audit(busy.shop, { rowsAtATime }))).toEqual(whole);
});

it("stops where there is no more time, and goes on there", async () => {
  const whole = await audit(busy.shop);
  const sums = new Map<string, number>();
  let from: AuditRequest["from"];
  let parts = 0;
  do {
    let statements = 0;
    const part = await audit(busy.shop, { from, rowsAtATime: 10, isEnough: () => statements++ >= 3 });
    for (const { check, looked } of part.results) sums.set(check.name, (sums.get(check.name) ?? 0) + looked);
    from = part.next ?? undefined;
    parts += 1;
  } while (from !== undefined);
  expect(parts).toBeGreaterThan(5);
  expect(Object.fromEntries(sums)).toEqual(
    Object.fromEntries(whole.results.map(({ check, looked }) => [check.name, looked])),
  );
});

it.each(BREAKS)("%s sees what %o does", async (name, change, ...others) => {
  const mend = await breakBooks(change);
  try {
    expect(Object.keys(await found(busy.shop)).sort()).toEqual([name, ...others].sort());
  } finally {
    await mend();
  }
});

/** Changes one row by hand. Returns what changes it back. */
async function breakBooks({ table, where, set }: Break): Promise<() => Promise<unknown>> {
  const { db } = busy.shop;
  const name = sql.identifier(table);
  const key: readonly string[] = Object.values(GROUNDS).find((ground) => ground.table === table)?.key ?? [];
  const { rows } = await db.execute(sql`select * from ${name} where ${where(busy)} limit 1`);
  const [row] = rows as Record<string, string | null>[];
  if (!row) throw new Error(`no such row in ${table}`);
  const itself = key.map((column) => sql`${sql.identifier(column)} = ${row[column]}`);
  const changes = Object.entries(set).map(([column, value]) => sql`${sql.identifier(column)} = ${sql.raw(value)}`);
  await db.execute(sql`update ${name} set ${sql.join(changes, sql`, `)} where ${sql.join(itself, sql` and `)}`);
  const changed = key.map(
    (column) => sql`${sql.identifier(column)} = ${set[column] ? sql.raw(set[column]) : row[column]}`,
  );
  const old = Object.keys(set).map((column) => sql`${sql.identifier(column)} = ${row[column] ?? null}`);
  return () => db.execute(sql`update ${name} set ${sql.join(old, sql`, `)} where ${sql.join(changed, sql` and `)}`);
}

it("has a way to break every check", () => {
  const broken = new Set(BREAKS.map(([name]) => name));
  expect(CHECKS.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});

it("says that it looked at nothing where there is nothing", async () => {
  const shop = openShop();
  await emptyBooks(shop);
  const { results, next } = await audit(shop);
  expect(next).toBeNull();
  expect(results.every(({ looked, findings }) => looked === 0 && findings === 0)).toBe(true);
});
