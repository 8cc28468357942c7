/** The figures cost the same however much is stored: every table is read by a range of an index. */
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FILLED_TABLES, fillingStatements } from "../../bench/support/fill-books.ts";
import { billDays } from "../../db/schema/bills.ts";
import { transfers } from "../../db/schema/transfers.ts";
import { newestTotals } from "../../db/statements/figure-totals.ts";
import { endsIn, eventsIn, timesIn } from "../../db/statements/flows.ts";
import { standing } from "../../db/statements/standing.ts";
import { JOB_NAMES } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { newId } from "../../src/payments/ids.ts";
import { seal } from "../../src/payments/sealed.ts";
import { accessesOf } from "./support/accesses.ts";
import { openShop } from "./support/shop.ts";

const shop = openShop();
const now = new Date();
const ORDERS = 5000;
const HOUR_MS = 3_600_000;
const lately = { from: new Date(now.getTime() - HOUR_MS) };

/** Few rows that other tests left would be read without an index. */
const LEFT = ["refund_records", "pre_authorisations", "pre_authorisation_operations", "bill_differences"];
const TABLES = [...FILLED_TABLES, ...LEFT, "bill_days", "transfers"];

/** Truncated: an index estimates with rows that are deleted and not yet purged. */
async function empty(): Promise<void> {
  for (const table of TABLES) await shop.db.execute(sql`truncate table ${sql.identifier(table)}`);
}

beforeAll(async () => {
  await empty();
  for (const { run } of fillingStatements({ orders: ORDERS, now, days: 90, skus: 100 })) await shop.db.execute(run);
  await shop.db.insert(billDays).values(reconciledDays());
  await shop.db.insert(transfers).values(await paidTransfers());
  for (const table of TABLES) await shop.db.execute(sql`analyze table ${sql.identifier(table)}`);
});
afterAll(empty);

/** Three years of two providers. */
function reconciledDays() {
  const counts = { loads: 1, loadNo: 1, previousLoadNo: 0, entryCount: 0, steps: 0, checks: 0 };
  return Array.from({ length: 2200 }, (_, index) => {
    const billDate = new Date(now.getTime() - (index >> 1) * 24 * HOUR_MS).toISOString().slice(0, 10);
    const provider = index % 2 === 0 ? ("wechat" as const) : ("alipay" as const);
    return {
      ...counts,
      provider,
      billDate,
      state: index < 2 ? ("WAITING" as const) : ("DONE" as const),
      waitingSince: now,
    };
  });
}

/** As nearly all of them are at any time. */
async function paidTransfers() {
  const text = await seal(shop.ctx, { column: "transfers.request", row: "T" }, "{}");
  const paid = { provider: "wechat", state: "SUCCESS", amount: fen(100), remark: text, request: text } as const;
  const times = { createdAt: now, finishedAt: now, nextCheckAt: null, checks: 0 };
  return Array.from({ length: 2000 }, (_, index) => {
    return { ...paid, ...times, outBillNo: `T${newId(index)}`, requestedBy: "U1", requestKey: null, requestHash: null };
  });
}

const accesses = (statement: SQL) => accessesOf(shop.db, statement);

it.each<[string, SQL, readonly string[]]>([
  [
    "how attempts and orders ended",
    endsIn(lately),
    ["payment_transactions_booked", "payment_transactions_closed", "orders_ended"],
  ],
  [
    "how long everything took",
    sql.join(timesIn(lately), sql` union all `),
    [
      "payment_transactions_booked",
      "notifications_time",
      "notifications_time",
      "served_operations_time",
      "provider_calls_time",
    ],
  ],
])("%s", async (_, statement, keys) => {
  const found = await accesses(statement);
  expect(found.map(({ key, type }) => [key, type])).toEqual(keys.map((key) => [key, "range"]));
});

it("what happened since the last totals, and nothing before", async () => {
  const found = await accesses(eventsIn({ from: new Date(now.getTime() - 600_000) }));
  expect(found.filter(({ type }) => type !== "range")).toEqual([]);
  expect(found.filter(({ rows }) => Number(rows) >= ORDERS / 10)).toEqual([]);
});

it("how things stand", async () => {
  const found = await accesses(standing(now, JOB_NAMES));
  const scanned = found.filter(({ type }) => type === "ALL" || type === "index");
  // Holds one row for each job.
  expect(scanned.filter(({ table }) => table !== "job_runs")).toEqual([]);
});

it("the totals of one moment", async () => {
  const moments = Array.from({ length: 12 }, (_, index) => new Date(now.getTime() - index * 300_000));
  for (const at of moments) {
    const values = Array.from(
      { length: 300 },
      (__, index) => sql`(${at}, 'call', 'wechat', ${newId(index)}, 'ok', 0, 1, 1)`,
    );
    await shop.db.execute(sql`insert into figure_totals values ${sql.join(values, sql`, `)}`);
  }
  expect(await newestTotals(shop.db, now)).toEqual(moments[0]);
  const [access] = await accesses(sql`select * from figure_totals where at = ${now}`);
  expect(access).toMatchObject({ key: "PRIMARY", type: "ref" });
});
