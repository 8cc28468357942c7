/** Captures and releases, together with the sums of the frozen money that they take from. */
import { and, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import type { Fen } from "../../src/money.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { preAuthorisations as auths, preAuthorisationOperations as operations } from "../schema/pre-authorisations.ts";

/** Locked in this order: operation, freeze. */
const books = sql`inner join ${auths} on ${eq(auths.outOrderNo, operations.outOrderNo)}`;
const sum = sql`${operations.captures} + ${operations.releases}`;
const UNDER_WAY = ["CREATED", "PROCESSING"] as const;

/**
 * REQUESTED → CREATED: reserves its part of the frozen money; a final capture takes exactly what is left. Returns rows
 * matched; 0 means that it is reserved already, or that so much is not frozen, or not left.
 */
export function reserveOperation(db: Database, number: string, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${operations.state} = 'CREATED', ${operations.nextCheckAt} = ${nextCheckAt},
          ${auths.reserved} = ${auths.reserved} + ${sum}
      where ${and(
        eq(operations.number, number),
        eq(operations.state, "REQUESTED"),
        eq(auths.state, "FROZEN"),
        sql`${auths.reserved} + ${sum} <= ${auths.amount}`,
        sql`(not ${operations.final} or ${auths.reserved} + ${sum} = ${auths.amount})`,
      )}`,
  );
}

/** REQUESTED → FAILED: nothing was reserved. */
export function declineOperation(db: Database, number: string, failureCode: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations}
      set ${operations.state} = 'FAILED', ${operations.failureCode} = ${failureCode}, ${operations.finishedAt} = ${now},
          ${operations.nextCheckAt} = null
      where ${and(eq(operations.number, number), eq(operations.state, "REQUESTED"))}`,
  );
}

/** What a provider says of an operation that was done. */
export interface OperationDone {
  readonly providerNo: string | null;
  /** In fen, where the provider says it: it must be what is captured, or else released. */
  readonly amount: Fen | null;
  readonly finishedAt: Date;
}

/** CREATED, PROCESSING → SUCCESS: the money was taken or let go. Returns rows matched. */
export function applyOperation(db: Database, number: string, done: OperationDone): Promise<number> {
  const told = sql`if(${operations.kind} = 'CAPTURE', ${operations.captures}, ${operations.releases})`;
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${operations.state} = 'SUCCESS', ${operations.finishedAt} = ${done.finishedAt},
          ${operations.providerNo} = coalesce(${done.providerNo}, ${operations.providerNo}),
          ${operations.nextCheckAt} = null,
          ${auths.captured} = ${auths.captured} + ${operations.captures},
          ${auths.released} = ${auths.released} + ${operations.releases}
      where ${and(
        eq(operations.number, number),
        inArray(operations.state, [...UNDER_WAY]),
        done.amount === null ? undefined : sql`${told} = ${done.amount}`,
      )}`,
  );
}

/** CREATED → PROCESSING: the provider has it, and is not done. */
export function noteOperation(db: Database, number: string, providerNo: string | null): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations}
      set ${operations.state} = 'PROCESSING', ${operations.providerNo} = coalesce(${providerNo}, ${operations.providerNo})
      where ${and(eq(operations.number, number), eq(operations.state, "CREATED"))}`,
  );
}

/** CREATED, PROCESSING → FAILED: the provider has definitely not done it, and its part is free again. */
export function failOperation(db: Database, number: string, failureCode: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${operations.state} = 'FAILED', ${operations.failureCode} = ${failureCode.slice(0, 64)},
          ${operations.finishedAt} = ${now}, ${operations.nextCheckAt} = null,
          ${auths.reserved} = ${auths.reserved} - (${sum})
      where ${and(eq(operations.number, number), inArray(operations.state, [...UNDER_WAY]))}`,
  );
}

/** Sets when to look at an operation again, unless another look has moved that time already. */
export function postponeOperation(db: Database, number: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} set ${operations.nextCheckAt} = ${nextCheckAt}, ${operations.checks} = ${checks + 1}
      where ${and(eq(operations.number, number), eq(operations.checks, checks), isNotNull(operations.nextCheckAt))}`,
  );
}

/** The operations whose time for another look has come, oldest first. */
export function dueOperations(db: Database, now: Date, limit: number) {
  return db
    .select()
    .from(operations)
    .where(lt(operations.nextCheckAt, now))
    .orderBy(operations.nextCheckAt)
    .limit(limit);
}
