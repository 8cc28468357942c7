/** Column types: from MySQL's wire protocol to the names of Vitess. */

/** What MySQL says of a column, as far as its type depends on it. */
export interface ColumnShape {
  readonly columnType: number;
  readonly flags: number;
  readonly characterSet: number;
  /** MariaDB's word for what a text column holds; "json" for its JSON columns, which are LONGTEXT on the wire. */
  readonly format: string | undefined;
}

const UNSIGNED = 32;
const BINARY = 128;
const ENUM = 256;
const SET = 2048;

/** The pseudo character set of bytes, numbers and dates: the driver leaves such columns undecoded. */
export const BINARY_CHARSET = 63;

const INTEGERS: Readonly<Record<number, string>> = { 1: "INT8", 2: "INT16", 3: "INT32", 8: "INT64", 9: "INT24" };

const PLAIN: Readonly<Record<number, string>> = {
  0: "DECIMAL",
  4: "FLOAT32",
  5: "FLOAT64",
  7: "TIMESTAMP",
  10: "DATE",
  11: "TIME",
  12: "DATETIME",
  13: "YEAR",
  14: "DATE",
  16: "BIT",
  242: "VECTOR",
  245: "JSON",
  246: "DECIMAL",
  247: "ENUM",
  248: "SET",
  255: "GEOMETRY",
};

/** Text types with their binary twins: 15 and 253 VARCHAR, 249 to 252 the sizes of TEXT, 254 CHAR. */
const TEXTS: Readonly<Record<number, readonly [text: string, binary: string]>> = {
  15: ["VARCHAR", "VARBINARY"],
  249: ["TEXT", "BLOB"],
  250: ["TEXT", "BLOB"],
  251: ["TEXT", "BLOB"],
  252: ["TEXT", "BLOB"],
  253: ["VARCHAR", "VARBINARY"],
  254: ["CHAR", "BINARY"],
};

/** The Vitess name of a column's type; undefined for NULL. */
export function vitessType(column: ColumnShape): string | undefined {
  const { columnType, flags } = column;
  if (column.format === "json") return "JSON";
  if (flags & ENUM) return "ENUM";
  if (flags & SET) return "SET";
  const integer = INTEGERS[columnType];
  if (integer !== undefined) return flags & UNSIGNED ? `U${integer}` : integer;
  const text = TEXTS[columnType];
  // Collations such as utf8mb4_bin set the flag too: what the driver decodes by is the character set.
  if (text !== undefined) return flags & BINARY ? text[1] : text[0];
  return PLAIN[columnType];
}
