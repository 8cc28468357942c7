/** A bill's line of values, read by column name: columns differ by bill and by merchant. */
import { BillError } from "./error.ts";

/** The columns that a header names. */
export class BillHeader {
  readonly names: readonly string[];
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.names = names.map((name) => name.trim().replace("（", "(").replace("）", ")"));
    this.#indexes = new Map(this.names.map((name, index) => [name, index]));
  }

  /** Where the first column is that has one of these names. */
  find(names: readonly string[]): number | undefined {
    for (const name of names) {
      const index = this.#indexes.get(name);
      if (index !== undefined) return index;
    }
    return undefined;
  }
}

/** Turns a value into what it means. Undefined for a value of another kind. */
type Kind<T> = (value: string) => T | undefined;

/** The names that a column has had, the present one first. */
type Names = readonly [string, ...string[]];

/** One line of values below a header. */
export class BillRow {
  readonly header: BillHeader;
  readonly line: number;
  readonly values: readonly string[];

  constructor(header: BillHeader, line: number, values: readonly string[]) {
    this.header = header;
    this.line = line;
    this.values = values;
  }

  /** A value that must be there. Throws BillError `missing_column` or `malformed_row`. */
  needed<T>(kind: Kind<T>, ...names: Names): T {
    const index = this.header.find(names);
    if (index === undefined) throw new BillError("missing_column", `there is no column ${names[0]}`);
    return this.#read(kind, this.values[index] ?? "", names[0]);
  }

  /** A value that may be empty, in a column that may be left out: both are null. Throws BillError `malformed_row`. */
  optional<T>(kind: Kind<T>, ...names: Names): T | null {
    const index = this.header.find(names);
    const value = index === undefined ? "" : (this.values[index] ?? "");
    return value === "" ? null : this.#read(kind, value, names[0]);
  }

  #read<T>(kind: Kind<T>, value: string, name: string): T {
    const meaning = value === "" ? undefined : kind(value);
    if (meaning === undefined) throw new BillError("malformed_row", `the value of ${name} can't be read`, this.line);
    return meaning;
  }
}
