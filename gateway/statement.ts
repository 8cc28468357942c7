/** One statement on one MySQL connection, its answer as raw bytes. */
import type { Connection, FieldPacket } from "mysql2/promise";
import { RowLimitExceeded } from "./errors.ts";
import type { ColumnShape } from "./field-types.ts";

export interface Column extends ColumnShape {
  readonly name: string;
  readonly table: string;
  readonly orgTable: string;
  readonly schema: string;
  readonly orgName: string;
  readonly columnLength: number;
  readonly decimals: number;
}

/** Rows, or the counts of a statement that has none. `inTransaction` is what the server says after it. */
export type StatementResult =
  | { readonly kind: "rows"; readonly columns: readonly Column[]; readonly rows: readonly (Buffer | null)[][] }
  | {
      readonly kind: "done";
      readonly rowsAffected: string;
      readonly insertId: string;
      readonly inTransaction: boolean;
    };

/** PlanetScale's cap on rows of one result. */
const ROW_LIMIT = 100_000;

const SERVER_STATUS_IN_TRANS = 1;

/** Runs finished SQL. Throws mysql2's error, or RowLimitExceeded. */
export async function runStatement(connection: Connection, sql: string): Promise<StatementResult> {
  const options = { sql, rowsAsArray: true, typeCast: (field: { buffer(): Buffer | null }) => field.buffer() };
  const [answer, fields] = await connection.query(options);
  if (!Array.isArray(answer)) {
    return {
      kind: "done",
      rowsAffected: String(answer.affectedRows),
      insertId: String(answer.insertId),
      inTransaction: (answer.serverStatus & SERVER_STATUS_IN_TRANS) !== 0,
    };
  }
  if (answer.length > ROW_LIMIT) throw new RowLimitExceeded(ROW_LIMIT);
  return { kind: "rows", columns: fields.map(columnOf), rows: answer.map(cellsOf) };
}

function columnOf(field: FieldPacket): Column {
  return {
    name: field.name,
    table: field.table,
    orgTable: field.orgTable,
    schema: field.schema ?? "",
    orgName: field.orgName,
    columnLength: field.columnLength ?? 0,
    decimals: field.decimals,
    columnType: field.columnType ?? 0,
    flags: typeof field.flags === "number" ? field.flags : 0,
    characterSet: field.characterSet ?? 0,
    format: field.extendedFormat,
  };
}

function cellsOf(row: unknown): (Buffer | null)[] {
  if (!Array.isArray(row)) throw new TypeError("a result row is not an array");
  return row.map((cell) => (Buffer.isBuffer(cell) ? cell : null));
}

const STATEFUL = /^\s*(set|use|lock|prepare|handler)\b|\bcreate\s+temporary\b|\bget_lock\s*\(|:=|\binto\s+@/i;
const QUOTED = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/gs;

/** Whether a statement leaves something behind on its connection that the session's next statement must find there. */
export function changesSessionState(sql: string): boolean {
  return STATEFUL.test(sql) && STATEFUL.test(sql.replace(QUOTED, "''"));
}

/** Whether a statement ends a transaction by undoing it: the only one that a lost transaction still obeys. */
export function isRollback(sql: string): boolean {
  return /^\s*rollback\s*(work\s*)?;?\s*$/i.test(sql);
}
