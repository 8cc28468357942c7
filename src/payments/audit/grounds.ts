/** The tables that an audit walks over, each by its primary key, a bounded number of rows at a time. */
import { type SQL, sql } from "drizzle-orm";
import { firstIdAt } from "../ids.ts";

export interface Ground {
  readonly table: string;
  /** What its checks call the table. */
  readonly alias: string;
  /** The primary key: ASCII columns, in order. */
  readonly key: readonly string[];
  /** Where the walk starts when only what is younger than a moment is looked at; keys that begin with a time only. */
  readonly startAt?: (since: Date) => string;
  /** How many rows one statement looks at where each has a whole journal behind it. */
  readonly most?: number;
  /** Which rows count then, where the key does not say. */
  readonly recent?: (since: Date) => SQL;
}

const madeSince = (alias: string) => (since: Date) => sql`${sql.raw(alias)}.created_at >= ${since}`;

/** Numbers of attempts and refunds begin with their order's. */
export const GROUNDS = {
  orders: { table: "orders", alias: "o", key: ["id"], startAt: firstIdAt },
  lines: { table: "order_items", alias: "i", key: ["order_id", "sku"], startAt: firstIdAt },
  attempts: { table: "payment_transactions", alias: "t", key: ["out_trade_no"], startAt: firstIdAt },
  combined: { table: "combined_payments", alias: "c", key: ["combine_out_trade_no"], recent: madeSince("c") },
  refunds: { table: "refund_records", alias: "r", key: ["id"], startAt: firstIdAt },
  items: {
    table: "inventory_items",
    alias: "s",
    key: ["sku"],
    most: 1,
    recent: (since) =>
      sql`exists (select 1 from inventory_logs young where young.sku = s.sku and young.created_at >= ${since})`,
  },
  pieces: {
    table: "inventory_logs",
    alias: "l",
    key: ["order_id", "kind", "sku", "cause_id"],
    recent: madeSince("l"),
  },
  accounts: {
    table: "points_accounts",
    alias: "a",
    key: ["user_id"],
    most: 200,
    recent: (since) =>
      sql`exists (select 1 from points_logs young where young.user_id = a.user_id and young.created_at >= ${since})`,
  },
  points: { table: "points_logs", alias: "p", key: ["user_id", "kind", "cause_id"], recent: madeSince("p") },
  transfers: { table: "transfers", alias: "f", key: ["out_bill_no"], recent: madeSince("f") },
  freezes: { table: "pre_authorisations", alias: "z", key: ["out_order_no"], recent: madeSince("z") },
  operations: { table: "pre_authorisation_operations", alias: "x", key: ["number"], recent: madeSince("x") },
  days: {
    table: "bill_days",
    alias: "b",
    key: ["provider", "bill_date"],
    recent: (since) => sql`b.bill_date >= ${since.toISOString().slice(0, "YYYY-MM-DD".length)}`,
  },
  differences: { table: "bill_differences", alias: "m", key: ["id"], startAt: firstIdAt },
  events: { table: "events", alias: "e", key: ["id"], startAt: firstIdAt },
  anomalies: { table: "anomalies", alias: "n", key: ["id"], startAt: firstIdAt },
  actions: { table: "operator_actions", alias: "d", key: ["id"], startAt: firstIdAt },
} as const satisfies Record<string, Ground>;

export type GroundName = keyof typeof GROUNDS;

/** Rows behind a key in the key's order; all rows when there is none. Written so that MySQL reads a range of the index. */
export function behind({ alias, key }: Ground, after: readonly string[] | undefined): SQL {
  return after ? compare(">", alias, key, after) : sql`1 = 1`;
}

/** Rows up to a key, the key's own row too; all rows when there is none. */
export function upTo({ alias, key }: Ground, last: readonly string[] | undefined): SQL {
  return last ? compare("<", alias, key, last) : sql`1 = 1`;
}

/** As the index sorts; `<` takes the key's own row along. */
function compare(sign: "<" | ">", alias: string, key: readonly string[], values: readonly string[]): SQL {
  const [column = "", ...others] = key;
  const [value = "", ...rest] = values;
  const name = sql.raw(`${alias}.${column}`);
  if (others.length === 0) return sql`${name} ${sql.raw(sign === "<" ? "<=" : ">")} ${value}`;
  const tail = compare(sign, alias, others, rest);
  return sql`(${name} ${sql.raw(sign)} ${value} or (${name} = ${value} and ${tail}))`;
}
