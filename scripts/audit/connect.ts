/** How the audit reaches the books: directly, or as the Worker does. */
import { drizzle } from "drizzle-orm/mysql2";
import { createConnection } from "mysql2/promise";
import { connectDatabase } from "../../db/client.ts";
import type { Ask } from "../../src/payments/audit/run-audit.ts";

const STATEMENT_MILLISECONDS = 120_000;

export interface Books {
  readonly ask: Ask;
  close(): Promise<void>;
}

/** Opens the books at a `mysql://` or `https://` address, for reading. Throws what the server says. */
export async function openBooks(databaseUrl: string): Promise<Books> {
  if (!databaseUrl.startsWith("mysql://")) {
    const db = connectDatabase({ url: databaseUrl, timeoutMs: STATEMENT_MILLISECONDS, fetch });
    return { ask: async (statement) => (await db.execute(statement)).rows, close: async () => {} };
  }
  const connection = await createConnection({ uri: databaseUrl, charset: "utf8mb4", timezone: "Z" });
  await connection.query("set time_zone = '+00:00'");
  await connection.query("set session transaction read only");
  const db = drizzle({ client: connection });
  const ask: Ask = async (statement) => {
    const [rows] = await db.execute(statement);
    return Array.isArray(rows) ? rows : [];
  };
  return { ask, close: () => connection.end() };
}
