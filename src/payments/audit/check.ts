/** What a check of the books is made of. */
import { type SQL, sql } from "drizzle-orm";
import type { GroundName } from "./grounds.ts";

/** The rows that one statement looks at. */
export interface Stretch {
  /** Over the alias of the check's ground. */
  readonly within: SQL;
  readonly now: Date;
}

/** One invariant of the books, as data. */
export interface Check {
  /** Such as `orders.paid_by`. */
  readonly name: string;
  /** What must be so. */
  readonly title: string;
  /** The rows that it walks over. */
  readonly ground: GroundName;
  /**
   * Selects every row that it looks at: `subject` names the row, `facts` tells what its columns say, and `holds` is
   * whether it is as it must be; null counts as no. Takes only what MySQL 8 and Vitess do.
   */
  readonly rows: (stretch: Stretch) => SQL;
  /** What it means when a row breaks it. */
  readonly meaning: string;
  /** What an operator might do then. */
  readonly suggestion: string;
}

/** What jobs look at must have been looked at this long after its time. */
const OVERDUE_MILLISECONDS = 3_600_000;

/** Before this moment nothing may be due any more. */
export function longDue(now: Date): Date {
  return new Date(now.getTime() - OVERDUE_MILLISECONDS);
}

/** Columns with their values as one text, `name=value` by `name=value`. Takes names from this folder's code only. */
export function facts(...columns: readonly string[]): SQL {
  const parts = columns.map((column) => `concat('${column.split(".").at(-1)}=', coalesce(${column}, '-'))`);
  return sql.raw(`concat_ws(' ', ${parts.join(", ")})`);
}

/** States of refunds whose money is reserved. */
export const UNDER_WAY = sql.raw("('CREATED','PROCESSING','ABNORMAL')");

/** A draft never became an order: nobody saw it, and it reserved nothing. */
export const IS_ORDER = sql.raw("o.state <> 'DRAFT' and coalesce(o.close_reason, '') <> 'DRAFT_ABANDONED'");

/** Money stands beside the order `o` that is meant to open it again: what is foreseen for that waits. */
export const MAY_OPEN_AGAIN = sql.raw(`exists (select 1 from payment_transactions t where t.order_id = o.id
  and t.disposition = 'UNAPPLIED' and t.policy in ('REVIVE','APPLY'))`);

/** The cause of an order's own entries: the order, with the number of its generation once it was opened again. */
export const OWN_CAUSE = sql.raw("(case when o.generation = 0 then o.id else concat(o.id, '#', o.generation) end)");
