/** Results as PlanetScale sends them: text protocol bytes, untouched, so that nothing loses precision. */
import { BINARY_CHARSET, vitessType } from "./field-types.ts";
import type { WireField, WireResult, WireRow } from "./protocol.ts";
import type { Column, StatementResult } from "./statement.ts";

/** Flags of a JSON column in MySQL: BLOB and BINARY. */
const JSON_FLAGS = 144;

/** The result of one statement in wire form. */
export function encodeResult(result: StatementResult): WireResult {
  if (result.kind === "rows") return { fields: result.columns.map(encodeField), rows: result.rows.map(encodeRow) };
  return {
    ...(result.rowsAffected === "0" ? {} : { rowsAffected: result.rowsAffected }),
    ...(result.insertId === "0" ? {} : { insertId: result.insertId }),
  };
}

function encodeField(column: Column): WireField {
  const type = vitessType(column);
  const isJson = type === "JSON";
  return {
    name: column.name,
    ...(type === undefined ? {} : { type }),
    table: column.table,
    orgTable: column.orgTable,
    database: column.schema,
    orgName: column.orgName,
    columnLength: column.columnLength,
    charset: isJson ? BINARY_CHARSET : column.characterSet,
    decimals: column.decimals,
    flags: isJson ? column.flags | JSON_FLAGS : column.flags,
  };
}

function encodeRow(row: readonly (Buffer | null)[]): WireRow {
  const lengths = row.map((value) => (value === null ? "-1" : String(value.length)));
  const present = row.filter((value) => value !== null);
  const values = Buffer.concat(present);
  return values.length === 0 ? { lengths } : { lengths, values: values.toString("base64") };
}
