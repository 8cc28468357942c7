/**
 * What the figures cost with a million orders stored, against the same figures by plain aggregates over the tables, over
 * the same gateway and engine in the same run. Times are medians in milliseconds, one round trip at a time.
 * Run: `npm run bench`, or `DATABASE_URL=mysql://… npm run bench` for another server.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { createConnection } from "mysql2/promise";
import { connectDatabase } from "../db/client.ts";
import { endsIn, eventsIn, timesIn } from "../db/statements/flows.ts";
import { standing } from "../db/statements/standing.ts";
import { prepareDatabase } from "../scripts/database.ts";
import { claimFirst } from "../scripts/engine/owner.ts";
import { LOCAL, startStore } from "../scripts/world.ts";
import { readConfig } from "../src/config.ts";
import { JOB_NAMES } from "../src/jobs/run.ts";
import type { PaymentContext } from "../src/payments/context.ts";
import { readFigures } from "../src/payments/figures/read-figures.ts";
import { scrape } from "../src/payments/figures/scrape.ts";
import { addedUpTo, addUp, countedNow } from "../src/payments/figures/totals.ts";
import { createServices } from "../src/services.ts";
import { fillingStatements } from "./support/fill-books.ts";
import { plainCounters, plainEnds, plainStanding, plainTimes } from "./support/plain-figures.ts";

const ORDERS = Number(process.env.BENCH_ORDERS ?? 1_000_000);
const DAYS = 30;
const SKUS = 1000;
const DATABASE = "zhongdao_bench";
const MINUTE = 60_000;
const ROOMY = "set global innodb_buffer_pool_size = 2147483648";

const claim = await claimFirst([join(LOCAL, "bench")]);
if (!claim) throw new Error("a benchmark is running already");
const store = await startStore({
  folder: claim.folder,
  durability: "relaxed",
  databaseUrl: process.env.DATABASE_URL,
  say: (line) => console.log(line),
});
try {
  await prepareDatabase(store.engine.url, DATABASE, true);
  const now = new Date();
  await fill(store.engine.url, now);
  await measure(store.gateway.url(DATABASE), now);
} finally {
  await store.stop();
  await claim.release();
}

/** Fills the tables, two at a time. */
async function fill(mysqlUrl: string, now: Date): Promise<void> {
  const started = performance.now();
  const waiting = fillingStatements({ orders: ORDERS, now, days: DAYS, skus: SKUS });
  const worker = async () => {
    const connection = await createConnection({ uri: mysqlUrl, database: DATABASE, charset: "utf8mb4", timezone: "Z" });
    const db = drizzle({ client: connection });
    try {
      await connection.query("set time_zone = '+00:00', unique_checks = 0");
      // As a server for a million orders would have. Somebody else's keeps its own.
      if (process.env.DATABASE_URL === undefined) await connection.query(ROOMY);
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const begun = performance.now();
        await db.execute(next.run);
        console.log(`  ${next.what}: ${Math.round((performance.now() - begun) / 1000)} s`);
        await connection.query(`analyze table ${next.table}`);
      }
    } finally {
      await connection.end();
    }
  };
  await Promise.all([worker(), worker()]);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${ORDERS} orders over ${DAYS} days, with what belongs to them, in ${seconds} s`);
}

async function measure(url: string, now: Date): Promise<void> {
  const db = connectDatabase({ url, timeoutMs: 120_000, fetch });
  const ask = (statement: SQL) => async () => void (await db.execute(statement));
  const ctx = contextAt(url, now);
  await addUp(ctx);
  await addUp(contextAt(url, new Date(now.getTime() + 5 * MINUTE)));
  for (const [name, minutes] of [
    ["the last hour", 60],
    ["the last day", 1440],
  ] as const) {
    const from = new Date(now.getTime() - minutes * MINUTE);
    await compare(`how attempts and orders ended, ${name}`, ask(endsIn({ from })), ask(plainEnds(from)));
    const times = sql.join(timesIn({ from }), sql` union all `);
    await compare(`how long everything took, ${name}`, ask(times), ask(plainTimes(from)));
  }
  const at = await addedUpTo(ctx);
  await compare("counters since counting began", ask(countedNow(ctx, at)), ask(plainCounters()));
  await compare("how things stand", ask(standing(now, JOB_NAMES)), ask(plainStanding(now)));
  const plain = ask(sql.join([plainCounters(), plainStanding(now)], sql` union all `));
  await compare("a scrape of /metrics", () => scrape(ctx, JOB_NAMES), plain);
  await compare("operations.figures, an hour", () => readFigures(ctx, 60, JOB_NAMES), ask(plainTimes(new Date(0))));
  await compare("adding up five minutes", ask(eventsIn(fiveMinutesBefore(now))), ask(plainCounters()));
}

function fiveMinutesBefore(now: Date) {
  return { from: new Date(now.getTime() - 10 * MINUTE), to: new Date(now.getTime() - 5 * MINUTE) };
}

function contextAt(url: string, now: Date): PaymentContext {
  const environment = {
    DATABASE_URL: url,
    JWT_SECRET: randomBytes(32).toString("hex"),
    FIELD_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString("base64")}`,
  };
  const surroundings = { fetch, now: () => now.getTime(), writeLog: (line: string) => console.log(line) };
  const services = createServices(readConfig(environment), surroundings);
  return services.requestContext({ requestId: "bench", waitUntil: () => {} });
}

async function compare(name: string, ours: () => Promise<unknown>, plain: () => Promise<unknown>): Promise<void> {
  const [fast, slow] = [await median(ours, 9), await median(plain, 3)];
  console.log(
    `${name}: ${fast.toFixed(1)} ms, ${slow.toFixed(0)} ms by plain aggregates: ${(slow / fast).toFixed(0)} times`,
  );
}

async function median(work: () => Promise<unknown>, times: number): Promise<number> {
  await work();
  const taken: number[] = [];
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return taken.sort((a, b) => a - b)[times >> 1] ?? 0;
}
