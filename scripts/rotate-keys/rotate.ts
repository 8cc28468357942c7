/** Goes through every sealed column, a bounded number of rows at a time, and seals anew what the first key did not seal. */
import { type SQL, sql } from "drizzle-orm";
import * as z from "zod";
import { placeOf, SEALED_TABLES, type SealedColumn, type SealedTable } from "../../db/sealed-columns.ts";
import { type FieldCipher, isSealed, SealedTextError } from "../../src/security/field-cipher.ts";
import type { Store } from "./store.ts";

/** Counts values that were written before their column was sealed. */
export const UNSEALED = "(not sealed)";

const ROWS_AT_A_TIME = 200;
const CHANGES_AT_ONCE = 4;

/** A value that does not open. It stays as it is. */
interface Unreadable {
  readonly column: string;
  readonly row: string;
  readonly keyId: string;
  readonly reason: SealedTextError["reason"];
}

export interface Pass {
  /** How many values each key has sealed, by its id, as they were found or are now. */
  readonly counts: Map<string, number>;
  readonly unreadable: Unreadable[];
  rows: number;
  /** How many values were sealed anew. */
  resealed: number;
  /** How many somebody else has changed since they were read. */
  overtaken: number;
}

export interface PassOptions {
  /** Whether values are changed. */
  readonly reseal: boolean;
  /** Opens what the first key has sealed as well. */
  readonly verify: boolean;
  /** Hears how far a table is. */
  readonly progress?: (table: string, pass: Pass) => void;
  readonly rowsAtATime?: number;
}

interface Value {
  readonly table: SealedTable;
  readonly column: string;
  readonly row: string;
  readonly text: string;
}

const rowShape = z.object({ row_key: z.string() }).catchall(z.string().nullable());
type Row = z.infer<typeof rowShape>;

/**
 * One pass over all tables, by their keys. Each value is changed by a statement of its own that names the value as it was
 * read: a concurrent writer is never overwritten, and a pass that is broken off anywhere has done no harm.
 */
export async function goThrough(store: Store, cipher: FieldCipher, options: PassOptions): Promise<Pass> {
  const pass: Pass = { counts: new Map(), unreadable: [], rows: 0, resealed: 0, overtaken: 0 };
  const tables = Object.keys(SEALED_TABLES).filter((name): name is SealedTable => name in SEALED_TABLES);
  const { rowsAtATime = ROWS_AT_A_TIME, verify, progress } = options;
  for (const table of tables) {
    for (let after: string | undefined = ""; after !== undefined; ) {
      const rows: readonly Row[] = await readRows(store, table, after, {
        limit: rowsAtATime,
        skip: verify ? undefined : cipher.sealingKeyId,
      });
      await eachOf(rows.flatMap(valuesOf(table)), (value) => take(store, cipher, value, options.reseal, pass));
      pass.rows += rows.length;
      after = rows.length < rowsAtATime ? undefined : rows.at(-1)?.row_key;
      progress?.(table, pass);
    }
  }
  return pass;
}

async function readRows(
  store: Store,
  table: SealedTable,
  after: string,
  { limit, skip }: { readonly limit: number; readonly skip: string | undefined },
): Promise<readonly Row[]> {
  const { key, columns } = SEALED_TABLES[table];
  const name = sql.identifier(key);
  const texts = columns.map((column) => sql`${textOf(column, skip)} as ${sql.identifier(column)}`);
  const found = await store.ask(
    sql`select ${name} as row_key, ${sql.join(texts, sql`, `)} from ${sql.identifier(table)}
      where ${name} > ${after} order by ${name} limit ${sql.raw(String(limit))}`,
  );
  return found.map((row) => rowShape.parse(row));
}

/** A column, or only the id in front where this key has sealed it: most values of most passes need not be fetched. */
function textOf(name: string, skip: string | undefined): SQL {
  const column = sql.identifier(name);
  if (skip === undefined) return sql`${column}`;
  const front = `${skip}.`;
  const rest = sql.raw(String(front.length + 1));
  return sql`case when cast(left(${column}, ${sql.raw(String(front.length))}) as binary) = cast(${front} as binary)
    and substring(${column}, ${rest}) not regexp '[^A-Za-z0-9_-]' and char_length(substring(${column}, ${rest})) >= 38
    then ${front} else ${column} end`;
}

function valuesOf(table: SealedTable): (row: Row) => Value[] {
  return (row) =>
    SEALED_TABLES[table].columns.flatMap((column) => {
      const text = row[column];
      return text ? [{ table, column, row: row.row_key, text }] : [];
    });
}

async function take(store: Store, cipher: FieldCipher, value: Value, reseal: boolean, pass: Pass): Promise<void> {
  const sealing = cipher.sealingKeyId;
  if (value.text === `${sealing}.`) return count(pass, sealing);
  const keyId = cipher.keyIdOf(value.text) ?? UNSEALED;
  const plain = await open(cipher, value, pass);
  if (plain === undefined || !reseal || keyId === sealing) return count(pass, keyId);
  if ((await replace(store, value, await cipher.seal(plain, placeOf(columnOf(value), value.row)))) === 0) {
    pass.overtaken += 1;
    return;
  }
  pass.resealed += 1;
  count(pass, sealing);
}

async function open(cipher: FieldCipher, value: Value, pass: Pass): Promise<string | undefined> {
  if (!isSealed(value.text)) return value.text;
  try {
    return await cipher.open(value.text, placeOf(columnOf(value), value.row));
  } catch (error) {
    if (!(error instanceof SealedTextError)) throw error;
    const { keyId, reason } = error;
    pass.unreadable.push({ column: columnOf(value), row: value.row, keyId, reason });
    return undefined;
  }
}

/** Only what still is, byte for byte, what was read. */
function replace(store: Store, { table, column, row, text }: Value, sealed: string): Promise<number> {
  const name = sql.identifier(column);
  return store.change(
    sql`update ${sql.identifier(table)} set ${name} = ${sealed}
      where ${sql.identifier(SEALED_TABLES[table].key)} = ${row} and cast(${name} as binary) = cast(${text} as binary)`,
  );
}

/** The names come from SEALED_TABLES, which is where the type has them from. */
function columnOf({ table, column }: Value): SealedColumn {
  return `${table}.${column}` as SealedColumn;
}

function count(pass: Pass, keyId: string): void {
  pass.counts.set(keyId, (pass.counts.get(keyId) ?? 0) + 1);
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: CHANGES_AT_ONCE }, worker));
}
