/**
 * The chain of operators' actions. Each row carries a digest over its own columns and over the digest of the row before it,
 * so that a row which was changed, removed, moved or put in between is seen. The digest can be made here, and by the
 * database itself, which is how an audit checks it; both read the same text.
 */
import { asc, desc, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { encodeHex, utf8 } from "../../src/crypto/bytes.ts";
import type { Database } from "../client.ts";
import { insertOnce, read, runGuarded } from "../run.ts";
import { operatorActions as actions } from "../schema/history.ts";

type ActionRow = typeof actions.$inferSelect;
/** An action that has no place in the chain yet. */
export type Action = Omit<ActionRow, "seq" | "previousHash" | "hash">;

/** A place in the chain. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Stands where the first row has no row before it. What the digests begin with is the form of the text below. */
export const CHAIN_START: Link = { seq: 0, hash: `1.${"0".repeat(64)}` };
const FORM = "zhongdao-pay/operator-action/1";

/** How many rows from before the chain one statement joins to it. */
const MOST_JOINED = 200;

/** Each column in hex, so that no text in one of them can stand for two. */
function chainText(seq: number, previousHash: string, action: Action): string {
  const { id, at, actor, role, subject, orderId, reason, before, after, requestId } = action;
  const texts = [
    id,
    String(at.getTime()),
    actor,
    role,
    action.action,
    subject,
    orderId,
    reason,
    before,
    after,
    requestId,
  ];
  const hex = texts.map((text) => (text === null ? "-" : encodeHex(utf8(text)).toUpperCase()));
  return [FORM, seq, previousHash, ...hex].join("|");
}

const COLUMNS = [
  "id",
  "at",
  "actor",
  "role",
  "action",
  "subject",
  "order_id",
  "reason",
  "before",
  "after",
  "request_id",
];

/** The same digest of the row `d`, as SQL. */
export function chainHash(): SQL {
  const hex = COLUMNS.map((column) => {
    const value = column === "at" ? "cast(round(unix_timestamp(d.at) * 1000) as char)" : `d.\`${column}\``;
    return `coalesce(hex(${value}), '-')`;
  });
  const digest = `sha2(concat_ws('|', '${FORM}', d.seq, d.previous_hash, ${hex.join(", ")}), 256)`;
  // A computed text has the connection's character set, which is not compared with a column in ASCII.
  return sql.raw(`convert(concat('1.', ${digest}) using ascii)`);
}

/** An action in its place behind another. */
async function linkedTo<A extends Action>(previous: Link, action: A) {
  const seq = previous.seq + 1;
  const text = utf8(chainText(seq, previous.hash, action));
  const hash = `1.${encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", text)))}`;
  return { ...action, seq, previousHash: previous.hash, hash };
}

/** The end of the chain, and the oldest of the actions that are not in it. */
export async function readTail(db: Database): Promise<{ readonly head: Link; readonly loose: readonly ActionRow[] }> {
  const isLast = eq(actions.seq, sql`(select max(${actions.seq}) from ${actions})`);
  const rows = await read(() =>
    db
      .select()
      .from(actions)
      .where(or(isNull(actions.seq), isLast))
      .orderBy(desc(actions.seq), asc(actions.id))
      .limit(MOST_JOINED + 1),
  );
  const head = rows.map(linkOf).find((link) => link !== undefined) ?? CHAIN_START;
  return { head, loose: rows.filter(({ seq }) => seq === null).slice(0, MOST_JOINED) };
}

function linkOf({ seq, hash }: Pick<ActionRow, "seq" | "hash">): Link | undefined {
  return seq === null || hash === null ? undefined : { seq, hash };
}

/** Writes an action behind that end of the chain. Returns undefined when another one stands there by now. */
export async function appendAction(db: Database, head: Link, action: Action): Promise<Link | undefined> {
  const row = await linkedTo(head, action);
  if (await insertOnce(() => db.insert(actions).values(row))) return row;
  // It may be there by a statement whose answer was lost.
  const [own] = await read(() => db.select().from(actions).where(eq(actions.id, action.id)));
  return own && linkOf(own);
}

/**
 * Joins actions from before the chain to its end, in the order of their ids. Others may be doing the same: from the same
 * end they give the same rows the same places, and a place is given once. Returns rows matched; 0 also when others were first.
 */
export async function joinActions(db: Database, head: Link, loose: readonly ActionRow[]): Promise<number> {
  const rows: (Link & { id: string; previousHash: string })[] = [];
  for (const action of loose) rows.push(await linkedTo(rows.at(-1) ?? head, action));
  const pick = (value: (row: (typeof rows)[number]) => string | number) =>
    sql`case ${actions.id} ${sql.join(
      rows.map((row) => sql`when ${row.id} then ${value(row)}`),
      sql` `,
    )} end`;
  let matched = 0;
  const ids = rows.map(({ id }) => id);
  await insertOnce(async () => {
    matched = await runGuarded(
      db,
      sql`update ${actions}
        set ${actions.seq} = ${pick(({ seq }) => seq)}, ${actions.previousHash} = ${pick(({ previousHash }) => previousHash)},
            ${actions.hash} = ${pick(({ hash }) => hash)}
        where ${inArray(actions.id, ids)} and ${isNull(actions.seq)}`,
    );
  });
  return matched;
}
