/** What operators and auditors see of reconciliation. */
import { and, desc, eq, lt } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { billDays, type DifferenceState } from "../../../db/schema/bills.ts";
import type { BillDayKey } from "../../../db/statements/bill-day.ts";
import { differencesOf } from "../../../db/statements/bill-difference.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { PaymentContext } from "../context.ts";
import { factsOf } from "./found.ts";

/** A provider's days, newest first. */
export function listBillDays(
  ctx: PaymentContext,
  page: { readonly provider: ProviderName; readonly before?: string | undefined; readonly limit: number },
) {
  const older = page.before === undefined ? undefined : lt(billDays.billDate, page.before);
  return read(() =>
    ctx.db
      .select()
      .from(billDays)
      .where(and(eq(billDays.provider, page.provider), older))
      .orderBy(desc(billDays.billDate))
      .limit(page.limit),
  );
}

/** Where a day's bill and the books differed, in the order in which it was found. */
export async function listDifferences(
  ctx: PaymentContext,
  day: BillDayKey,
  page: { readonly state?: DifferenceState | undefined; readonly after?: string | undefined; readonly limit: number },
) {
  const rows = await read(() => differencesOf(ctx.db, day, page));
  return rows.map((row) => ({ ...row, ...factsOf(row.detail) }));
}
