/** What tests of the figures start from: nothing counted yet. */
import { sql } from "drizzle-orm";
import { startAfresh } from "./afresh.ts";
import type { Shop } from "./shop.ts";

const COUNTED = [
  ...["payment_transactions", "orders", "notifications", "provider_calls", "served_operations", "figure_totals"],
  ...["job_runs", "stock_passes", "stock_differences", "anomalies", "inventory_items", "inventory_logs", "bill_days"],
  ...["refund_records", "transfers"],
];

/** Takes away whatever the figures count. */
export async function countNothing(shop: Shop): Promise<void> {
  await startAfresh();
  for (const table of COUNTED) await shop.db.execute(sql`delete from ${sql.identifier(table)}`);
}
