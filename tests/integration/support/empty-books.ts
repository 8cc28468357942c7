import { sql } from "drizzle-orm";
import { startAfresh } from "./afresh.ts";
import type { Shop } from "./shop.ts";

const TABLES = [
  ...["orders", "order_items", "payment_transactions", "combined_payments", "refund_records", "transfers"],
  ...["pre_authorisations", "pre_authorisation_operations", "inventory_items", "inventory_logs", "points_accounts"],
  ...["points_logs", "anomalies", "notifications", "events", "operator_actions", "provider_calls"],
  ...["bill_days", "bill_differences", "bill_entries", "served_operations", "figure_totals", "job_runs"],
  ...["stock_passes", "stock_differences"],
];

/** Leaves no row of earlier tests: what they did to the books is no business of an audit, and of no figure. */
export async function emptyBooks(shop: Shop): Promise<void> {
  await startAfresh();
  await Promise.all(TABLES.map((table) => shop.db.execute(sql`delete from ${sql.identifier(table)}`)));
}
