/** Captures and releases, together with the sums of the frozen money that they take from. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Fen } from "../../src/money.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { preAuthorisations as auths, preAuthorisationOperations as operations } from "../schema/pre-authorisations.ts";

/** Locked in this order: operation, freeze. */
const books = sql`inner join ${auths} on ${eq(auths.outOrderNo, operations.outOrderNo)}`;
const sum = sql`${operations.captures} + ${operations.releases}`;
const UNDER_WAY = ["CREATED", "PROCESSING"] as const;

/**
 * REQUESTED → CREATED: reserves its part of the frozen money; a final capture takes exactly what is left, and only while
 * nothing else is under way, for the provider would let go of that too. Returns rows matched; 0 means that it is reserved
 * already, or that so much is not frozen, or not left.
 */
export function reserveOperation(db: Database, number: string, nextCheckAt: Date): Promise<number> {
  const takesTheRest = and(
    sql`${auths.reserved} + ${sum} = ${auths.amount}`,
    sql`${auths.reserved} = ${auths.captured} + ${auths.released}`,
  );
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
        sql`(not ${operations.final} or (${takesTheRest}))`,
      )}`,
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
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${success(done)}
      where ${and(isOperation(number, done), inArray(operations.state, [...UNDER_WAY]))}`,
  );
}

/**
 * FAILED → SUCCESS: the provider has done it after all, though the books had freed its part, which is taken again. Returns
 * rows matched. Throws CheckRefused when so much is not left.
 */
export function applyFailedOperation(db: Database, number: string, done: OperationDone): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${success(done)}, ${operations.failureCode} = null, ${auths.reserved} = ${auths.reserved} + ${sum}
      where ${and(isOperation(number, done), eq(operations.state, "FAILED"))}`,
  );
}

function success(done: OperationDone): SQL {
  return sql`${operations.state} = 'SUCCESS', ${operations.finishedAt} = ${done.finishedAt},
          ${operations.providerNo} = coalesce(${done.providerNo}, ${operations.providerNo}),
          ${operations.nextCheckAt} = null,
          ${auths.captured} = ${auths.captured} + ${operations.captures},
          ${auths.released} = ${auths.released} + ${operations.releases}`;
}

function isOperation(number: string, { amount }: OperationDone): SQL | undefined {
  const told = sql`if(${operations.kind} = 'CAPTURE', ${operations.captures}, ${operations.releases})`;
  return and(eq(operations.number, number), amount === null ? undefined : sql`${told} = ${amount}`);
}

/** Why an operation came to nothing, and when. */
export interface OperationFailure {
  readonly failureCode: string;
  readonly now: Date;
  /** When to ask once more: a request that was given up may still arrive. */
  readonly nextCheckAt: Date;
}

/** CREATED, PROCESSING → FAILED: the provider has definitely not done it, and its part is free again. */
export function failOperation(db: Database, number: string, failure: OperationFailure): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} ${books}
      set ${operations.state} = 'FAILED', ${operations.failureCode} = ${failure.failureCode.slice(0, 64)},
          ${operations.finishedAt} = ${failure.now}, ${operations.nextCheckAt} = ${failure.nextCheckAt},
          ${auths.reserved} = ${auths.reserved} - (${sum})
      where ${and(eq(operations.number, number), inArray(operations.state, [...UNDER_WAY]))}`,
  );
}
