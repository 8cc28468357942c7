/** What keeps a test apart from those before it on the same database and simulator, and lets its time pass. */
import { sql } from "drizzle-orm";
import { runJobs } from "../../../src/jobs/run.ts";
import { clearFaults, sandbox, setProvidersClocks } from "./controls.ts";
import { openShop, type Shop } from "./shop.ts";

/** Whatever jobs look at. */
const TABLES = [
  "orders",
  "payment_transactions",
  "refund_records",
  "transfers",
  "pre_authorisations",
  "pre_authorisation_operations",
  "bill_days",
  "bill_differences",
  "points_accounts",
];

let ahead = 0;

/** Empties the simulator, lifts all faults, and takes what earlier tests left to do from the jobs. */
export async function startAfresh(): Promise<void> {
  ahead = 0;
  await Promise.all([clearFaults(), sandbox("POST", "reset")]);
  const { db } = openShop();
  const tables = TABLES.map((name) => sql.identifier(name));
  const silence = tables.map((table) => sql`update ${table} set next_check_at = null where next_check_at is not null`);
  await Promise.all(silence.map((statement) => db.execute(statement)));
}

/** Lets time pass for the shop and for the providers, whose clocks date signatures too. */
export async function letPass(shop: Shop, seconds: number): Promise<void> {
  ahead += seconds;
  shop.advance(seconds);
  await setProvidersClocks(ahead, seconds);
}

/** Brings a shop that has just been opened to the time of the others. */
export function catchUp(shop: Shop): void {
  shop.advance(ahead);
}

/** Runs the jobs at moments that outlast every delay of an order's life: its deadline, the watch after it, retries. */
export async function runJobsToTheEnd(shop: Shop): Promise<void> {
  for (const minutes of [1, 31, 40, 40]) {
    await letPass(shop, minutes * 60);
    await runJobs(shop.ctx);
    await shop.idle();
  }
}
