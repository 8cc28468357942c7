/** What was answered under idempotency keys, and the keys on the rows that requests made. */
import { and, eq, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce, read, runGuarded } from "../run.ts";
import { idempotencyAnswers } from "../schema/answers.ts";
import { orders } from "../schema/orders.ts";
import { combinedPayments, paymentTransactions, refundRecords } from "../schema/payments.ts";
import { preAuthorisationOperations, preAuthorisations } from "../schema/pre-authorisations.ts";
import { transfers } from "../schema/transfers.ts";

export type AnswerRow = typeof idempotencyAnswers.$inferSelect;

/** Where an operation leaves a row with its key. Others are known by journal entries, which keep theirs for good. */
const MADE_IN = {
  "orders.create": orders,
  "payments.create": paymentTransactions,
  "combined.create": combinedPayments,
  "refunds.create": refundRecords,
  "transfers.create": transfers,
  "preAuthorisations.create": preAuthorisations,
  "preAuthorisations.capture": preAuthorisationOperations,
  "preAuthorisations.unfreeze": preAuthorisationOperations,
} as const;

/** Writes a row. Returns false when the key has one. */
export function insertAnswer(db: Database, row: AnswerRow): Promise<boolean> {
  return insertOnce(() => db.insert(idempotencyAnswers).values(row));
}

export async function findAnswer(db: Database, requestKey: string): Promise<AnswerRow | undefined> {
  const [row] = await read(() =>
    db.select().from(idempotencyAnswers).where(eq(idempotencyAnswers.requestKey, requestKey)),
  );
  return row;
}

/** Writes the answer into a row that has none yet. Zero when it has one, or another request took the key. */
export function fillAnswer(db: Database, row: AnswerRow): Promise<number> {
  return runGuarded(
    db,
    sql`update ${idempotencyAnswers}
      set ${idempotencyAnswers.answer} = ${row.answer}, ${idempotencyAnswers.expiresAt} = ${row.expiresAt}
      where ${isBegun(row)}`,
  );
}

/** Gives up a key under which nothing has been answered, so that another request may use it. */
export function giveUpKey(db: Database, row: Pick<AnswerRow, "requestKey" | "requestHash">): Promise<number> {
  return runGuarded(db, sql`delete from ${idempotencyAnswers} where ${isBegun(row)}`);
}

function isBegun({ requestKey, requestHash }: Pick<AnswerRow, "requestKey" | "requestHash">) {
  return and(
    eq(idempotencyAnswers.requestKey, requestKey),
    eq(idempotencyAnswers.requestHash, requestHash),
    isNull(idempotencyAnswers.answer),
  );
}

/**
 * Whether a row has come to its end. As long as its money is under way, nobody may ask for it once more by the same key.
 * An order's money is its attempts'.
 */
const HAS_ENDED: Readonly<Record<keyof typeof MADE_IN, SQL | undefined>> = {
  "orders.create": undefined,
  "payments.create": inArray(paymentTransactions.state, ["CLOSED", "FAILED", "SUCCESS"]),
  "combined.create": sql`not exists (select 1 from payment_transactions as part
    where part.combine_out_trade_no = ${combinedPayments.combineOutTradeNo}
      and part.state in ('CREATED', 'PENDING', 'CLOSING'))`,
  "refunds.create": inArray(refundRecords.state, ["SUCCESS", "CLOSED"]),
  "transfers.create": isNotNull(transfers.finishedAt),
  "preAuthorisations.create": or(isNotNull(preAuthorisations.frozenAt), isNotNull(preAuthorisations.finishedAt)),
  "preAuthorisations.capture": isNotNull(preAuthorisationOperations.finishedAt),
  "preAuthorisations.unfreeze": isNotNull(preAuthorisationOperations.finishedAt),
};

/** Takes the keys from the rows that they made before a moment, and that have come to their end. Returns how many it took. */
export async function freeKeys(
  db: Database,
  operation: string,
  requestKeys: readonly string[],
  before: Date,
): Promise<number> {
  if (!isMaker(operation)) return 0;
  const table = MADE_IN[operation];
  return await runGuarded(
    db,
    sql`update ${table} set ${table.requestKey} = null, ${table.requestHash} = null
      where ${and(inArray(table.requestKey, [...requestKeys]), lte(table.createdAt, before), HAS_ENDED[operation])}`,
  );
}

function isMaker(operation: string): operation is keyof typeof MADE_IN {
  return Object.hasOwn(MADE_IN, operation);
}

/** Deletes those of these answers that have expired. */
export function deleteExpired(db: Database, requestKeys: readonly string[], now: Date): Promise<number> {
  const expired = and(inArray(idempotencyAnswers.requestKey, [...requestKeys]), lte(idempotencyAnswers.expiresAt, now));
  return runGuarded(db, sql`delete from ${idempotencyAnswers} where ${expired}`);
}

/** Answers that have expired, oldest first. */
export function expiredAnswers(
  db: Database,
  now: Date,
  limit: number,
): Promise<Pick<AnswerRow, "requestKey" | "operation">[]> {
  return read(() =>
    db
      .select({ requestKey: idempotencyAnswers.requestKey, operation: idempotencyAnswers.operation })
      .from(idempotencyAnswers)
      .where(lte(idempotencyAnswers.expiresAt, now))
      .orderBy(idempotencyAnswers.expiresAt)
      .limit(limit),
  );
}
