/** The gateway's way with statements in this process: they reach the database without a socket between it and the shop. */
import { type Connection, createConnection } from "mysql2/promise";
import { encodeResult } from "../../../gateway/encode.ts";
import { statementError } from "../../../gateway/errors.ts";
import { SQL_MODE } from "../../../gateway/sql-mode.ts";
import { runStatement } from "../../../gateway/statement.ts";
import type { Incoming } from "./call.ts";

export interface Mysql {
  /** Runs the statement of a request to PlanetScale's Execute. Statements take turns, and none begins a transaction. */
  execute(body: string): Promise<Incoming>;
  /** Asks the server directly, for checks. */
  ask(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Empties every table. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a database that is there and migrated, on the server at `mysqlUrl`. */
export async function openMysql(mysqlUrl: string, database: string): Promise<Mysql> {
  const options = { uri: mysqlUrl, database, timezone: "Z", charset: "utf8mb4", supportBigNumbers: true };
  const served = await createConnection({
    ...options,
    bigNumberStrings: true,
    flags: ["-IGNORE_SPACE", "-LOCAL_FILES"],
  });
  const direct = await createConnection({ ...options, multipleStatements: true });
  const session = `set session time_zone = '+00:00', session sql_mode = '${SQL_MODE}'`;
  for (const connection of [served, direct]) await connection.query(session);
  const tables = await tableNames(direct);
  return {
    execute: async (body) => {
      const sql = statementOf(body);
      const answer = inOneOrder(sql, await answerTo(served, sql));
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify(answer) };
    },
    ask: async (sql, values = []) => {
      const [rows] = await direct.query(sql, [...values]);
      return Array.isArray(rows) ? rows.map((row) => ({ ...row })) : [];
    },
    empty: async () => {
      await direct.query(tables.map((name) => `delete from ${direct.escapeId(name)}`).join(";"));
    },
    close: async () => {
      await served.end();
      await direct.end();
    },
  };
}

const JSON_TYPE = { "content-type": "application/json" };

async function tableNames(connection: Connection): Promise<string[]> {
  const [rows] = await connection.query({
    sql: "select table_name from information_schema.tables where table_schema = database() and table_name not like '\\_\\_%'",
    rowsAsArray: true,
  });
  return Array.isArray(rows) ? rows.map((row) => String(Array.isArray(row) ? row[0] : row)).sort() : [];
}

/** The statement in a request. */
export function statementOf(body: string): string {
  const parsed: unknown = JSON.parse(body);
  const query = typeof parsed === "object" && parsed !== null && "query" in parsed ? parsed.query : undefined;
  if (typeof query !== "string") throw new TypeError("a request without a statement");
  return query;
}

type Answered = { readonly result: ReturnType<typeof encodeResult> } | { readonly error: unknown };

async function answerTo(connection: Connection, sql: string): Promise<Answered> {
  try {
    return { result: encodeResult(await runStatement(connection, sql)) };
  } catch (error) {
    return { error: statementError("simulation", error) };
  }
}

/** Without ORDER BY any order is right, and the server's changes with its statistics. */
function inOneOrder(sql: string, answer: Answered): Answered {
  if (!("result" in answer) || (answer.result.rows?.length ?? 0) < 2 || /order by/i.test(sql)) return answer;
  const rows = (answer.result.rows ?? []).map((row) => [JSON.stringify(row), row] as const);
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  return { result: { ...answer.result, rows: rows.map(([, row]) => row) } };
}

/** What the server says of a statement that it did not carry out: 1213 is a deadlock, 1205 a lock wait that took too long. */
export function contention(errno: 1213 | 1205): Incoming {
  const deadlock = {
    sqlState: "40001",
    sqlMessage: "Deadlock found when trying to get lock; try restarting transaction",
  };
  const timeout = { sqlState: "HY000", sqlMessage: "Lock wait timeout exceeded; try restarting transaction" };
  const error = statementError("simulation", { errno, ...(errno === 1213 ? deadlock : timeout) });
  return { status: 200, headers: JSON_TYPE, body: JSON.stringify({ error }) };
}
