/** The chain of operators' actions: one place for each, however many write at once, and whatever is done to it by hand shows. */
import { asc, type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { operatorActions } from "../../db/schema/history.ts";
import { chainHash } from "../../db/statements/action-chain.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { readChainEnd } from "../../src/payments/audit/chain-head.ts";
import { runAudit } from "../../src/payments/audit/run-audit.ts";
import { recordAction } from "../../src/payments/operator-actions.ts";
import { startAfresh } from "./support/afresh.ts";
import { setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { DAY } from "./support/purging.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";

const INSERT = "insert into `operator_actions`";

let shop: Shop;

beforeAll(async () => {
  const { db } = openShop();
  await db.execute(sql`drop table if exists actions_aside`);
  await db.execute(sql`create table actions_aside like operator_actions`);
  await db.execute(sql`insert into actions_aside select * from operator_actions`);
});
beforeEach(async () => {
  await startAfresh();
  shop = openShop();
  await shop.db.execute(sql`delete from operator_actions`);
});
afterAll(async () => {
  const { db } = openShop();
  await db.execute(sql`delete from operator_actions`);
  // Other tests' books are not in order without what their operators did.
  await db.execute(sql`insert into operator_actions select * from actions_aside`);
  await db.execute(sql`drop table actions_aside`);
  await startAfresh();
});

const act = (subject: string, by: Shop = shop) =>
  recordAction(by.ctx, OPERATOR, {
    action: "points.grant",
    subject,
    reason: `because of ${subject}: 「好」 | - 🎁`,
    before: { balance: 1 },
    after: { balance: null, note: "a|b" },
  });

const trail = () => shop.db.select().from(operatorActions).orderBy(asc(operatorActions.seq), asc(operatorActions.id));
const subjects = async () => (await trail()).map(({ subject }) => subject);
const places = async () => (await trail()).map(({ seq }) => seq);
const ask = async (statement: SQL) => (await shop.db.execute(statement)).rows;
const change = (statement: SQL) => shop.db.execute(statement);

/** Subjects of what the audit finds in the chain, by their places. */
async function brokenAt(rowsAtATime = 1000): Promise<number[]> {
  const { results } = await runAudit(ask, { now: new Date(shop.ctx.now()), from: { ground: "actions" }, rowsAtATime });
  const chain = results.find(({ check }) => check.name === "operator_actions.chain");
  return (chain?.examples ?? []).map(({ facts }) => Number(/seq=(\S+)/.exec(facts)?.[1])).sort((a, b) => a - b);
}

async function actFive(): Promise<void> {
  for (const subject of ["A1", "A2", "A3", "A4", "A5"]) await act(subject);
}

describe("appending", () => {
  it("gives twenty operators at once a place each, one behind the other", async () => {
    const wanted = Array.from({ length: 20 }, (_, index) => `S${index}`);
    await Promise.all(wanted.map((subject) => act(subject, openShop())));
    expect((await subjects()).sort()).toEqual([...wanted].sort());
    expect(await places()).toEqual(wanted.map((_, index) => index + 1));
    expect(await brokenAt()).toEqual([]);
    expect(await brokenAt(3)).toEqual([]);
  });

  it.each([
    ["before", ["second", "first"]],
    ["after", ["first", "second"]],
  ] as const)("goes on when another one is written right %s it is", async (when, order) => {
    const [one, other] = await interleave(
      { when, match: INSERT },
      () => act("first"),
      () => act("second", openShop()),
    );
    expect([one.status, other.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(await subjects()).toEqual(order);
    expect(await brokenAt()).toEqual([]);
  });

  it.each(["before", "after"] as const)(
    "writes an action once whose answer is lost %s it takes effect",
    async (when) => {
      await act("earlier");
      await setFaults({ fail: [{ at: 1, match: INSERT, when, how: "drop" }] });
      await act("lost");
      expect(await subjects()).toEqual(["earlier", "lost"]);
      expect(await places()).toEqual([1, 2]);
      const line = shop.lines.map((text) => JSON.parse(text)).findLast(({ event }) => event === "operator.action");
      expect(line).toMatchObject({ subject: "lost", seq: 2, hash: (await trail())[1]?.hash });
    },
  );
});

describe("actions from before the chain", () => {
  const loosen = () => change(sql`update operator_actions set seq = null, previous_hash = null, hash = null`);

  it("are in order by themselves, and joined in the order of their ids by the next ones", async () => {
    await actFive();
    await loosen();
    const old = (await trail()).map(({ id }) => id);
    expect(await brokenAt()).toEqual([]);
    await Promise.all([act("new", openShop()), act("new", openShop())]);
    const rows = await trail();
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(rows.slice(0, 5).map(({ id }) => id)).toEqual(old);
    expect(rows.slice(0, 5).map(({ subject }) => subject)).toEqual(["A1", "A2", "A3", "A4", "A5"]);
    expect(await brokenAt()).toEqual([]);
  });

  it("are not taken for such an hour after the end of the chain", async () => {
    await actFive();
    await change(sql`update operator_actions set seq = null where seq = 5`);
    expect(await brokenAt()).toEqual([]);
    await change(sql`update operator_actions set at = at - interval 2 hour where seq is null`);
    expect(await brokenAt()).toEqual([Number.NaN]);
  });
});

const COLUMNS = ["actor", "role", "action", "subject", "order_id", "reason", "before", "after", "request_id", "hash"];

describe("the audit", () => {
  it.each(COLUMNS)("sees a changed %s", async (column) => {
    await actFive();
    await change(sql`update operator_actions set ${sql.identifier(column)} = 'X' where seq = 3`);
    expect(await brokenAt()).toEqual(column === "hash" ? [3, 4] : [3]);
  });

  it.each([
    ["another time", sql`update operator_actions set at = at + interval 1000 microsecond where seq = 3`, [3]],
    ["a missing row", sql`delete from operator_actions where seq = 3`, [4]],
    ["a missing beginning", sql`delete from operator_actions where seq = 1`, [2]],
    ["rows that changed places", swap(2, 4), [2, 3, 4, 5]],
    [
      "a row that was put in",
      sql`update operator_actions set seq = seq + 1 where seq >= 4 order by seq desc`,
      [4, 5, 6],
    ],
    ["another id", sql`update operator_actions set id = concat('Z', substring(id, 2)) where seq = 3`, [3]],
  ])("sees %s", async (_, statement, places) => {
    await actFive();
    for (const each of [statement].flat()) await change(each);
    expect((await brokenAt()).filter((place) => places.includes(place))).not.toEqual([]);
    expect((await brokenAt(2)).length).toBe((await brokenAt()).length);
  });

  it("sees a cut-off end by a head that was kept, and not without", async () => {
    await actFive();
    const { head: kept } = await readChainEnd(ask, undefined);
    await change(sql`delete from operator_actions where seq = 5`);
    expect(await brokenAt()).toEqual([]);
    expect(await readChainEnd(ask, kept ?? "")).toMatchObject({ keptHeadFound: false });
  });

  it("sees a chain that was written anew from the middle by a head that was kept, and not without", async () => {
    await actFive();
    const { head: kept } = await readChainEnd(ask, undefined);
    await act("A6");
    expect(await readChainEnd(ask, kept ?? "")).toMatchObject({ keptHeadFound: true });
    await change(sql`update operator_actions set reason = 'another' where seq = 3`);
    for (const seq of [3, 4, 5, 6]) await forge(seq);
    expect(await brokenAt()).toEqual([]);
    expect(await readChainEnd(ask, kept ?? "")).toMatchObject({ keptHeadFound: false });
  });
});

it("keeps every action, however little else is kept", async () => {
  await actFive();
  const before = await trail();
  const frugal = openShop({ settings: { retentionDays: 1 } });
  frugal.advance(4000 * DAY);
  await runJobs(frugal.ctx, ["purge"]);
  await frugal.idle();
  expect(await trail()).toEqual(before);
});

/** Two rows give each other their places. */
function swap(one: number, other: number): SQL[] {
  const move = (from: number, to: number) => sql`update operator_actions set seq = ${to} where seq = ${from}`;
  return [move(one, 1000), move(other, one), move(1000, other)];
}

/** Makes a row fit the one before it, as somebody with access to the database could. */
async function forge(seq: number): Promise<void> {
  const [before] = (await ask(sql`select hash from operator_actions where seq = ${seq - 1}`)) as { hash: string }[];
  await change(sql`update operator_actions set previous_hash = ${before?.hash ?? ""} where seq = ${seq}`);
  const [own] = (await ask(sql`select ${chainHash()} as hash from operator_actions d where d.seq = ${seq}`)) as {
    hash: string;
  }[];
  await change(sql`update operator_actions set hash = ${own?.hash ?? ""} where seq = ${seq}`);
}
