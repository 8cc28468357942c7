/** How key rotation reaches the database: directly, or as the Worker does. */
import type { SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { createConnection } from "mysql2/promise";
import { connectDatabase } from "../../db/client.ts";
import { classifyFailure } from "../../db/errors.ts";

const STATEMENT_MILLISECONDS = 30_000;
const TRIES = 6;
/** Deadlock and lock wait timeout: nothing happened. */
const CONTENTION: readonly unknown[] = [1213, 1205];

export interface Store {
  ask(statement: SQL): Promise<readonly unknown[]>;
  /** Sends a statement that may be sent again. Returns how many rows it matched. */
  change(statement: SQL): Promise<number>;
  close(): Promise<void>;
}

/** Opens the database at a `mysql://` or `https://` address. Throws what the server says. */
export async function openStore(databaseUrl: string): Promise<Store> {
  return databaseUrl.startsWith("mysql://") ? await openDirectly(databaseUrl) : openOverHttp(databaseUrl);
}

function openOverHttp(url: string): Store {
  const db = connectDatabase({ url, timeoutMs: STATEMENT_MILLISECONDS, fetch });
  return {
    ask: async (statement) => (await insist(() => db.execute(statement))).rows,
    change: async (statement) => (await insist(() => db.execute(statement))).rowsAffected,
    close: async () => {},
  };
}

async function openDirectly(uri: string): Promise<Store> {
  const connection = await createConnection({ uri, charset: "utf8mb4", timezone: "Z" });
  await connection.query("set time_zone = '+00:00'");
  const db = drizzle({ client: connection });
  return {
    ask: async (statement) => {
      const [rows] = await insist(() => db.execute(statement));
      return Array.isArray(rows) ? rows : [];
    },
    change: async (statement) => {
      const [result] = await insist(() => db.execute(statement));
      return "affectedRows" in result ? result.affectedRows : 0;
    },
    close: () => connection.end(),
  };
}

async function insist<T>(send: () => PromiseLike<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries >= TRIES || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** tries));
    }
  }
}

function isPassing(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "errno" in cause) return CONTENTION.includes(cause.errno);
  return ["contention", "lost"].includes(classifyFailure(error));
}
