/** How an engine would read the tables of a statement. */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../../../db/client.ts";

export interface Access {
  readonly table: string;
  /** `range`, `ref`, `ALL` and so on; null for a table that is not read. */
  readonly type: string | null;
  readonly key: string | null;
  /** An estimate. */
  readonly rows: string | null;
}

/** The tables in the order of the statement's parts, without those that the engine makes up for itself. */
export async function accessesOf(db: Database, statement: SQL): Promise<Access[]> {
  // By itself MySQL shows a tree.
  const { rows } = await db.execute(sql`explain format=traditional ${statement}`);
  const accesses = rows as (Omit<Access, "table"> & { readonly table: string | null })[];
  return accesses.flatMap(({ table, ...access }) =>
    table === null || table.startsWith("<") ? [] : [{ ...access, table }],
  );
}
